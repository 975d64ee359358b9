import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useWholeHealth } from "./queries";
import { Pairs } from "@/components/facts";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { LANGUAGE, healthTexts as words } from "@/texts";

/** What /health answers, part by part. */
export function Balancers() {
  const health = useWholeHealth();
  return (
    <Section title={words.health} description={words.healthHint}>
      <Loaded query={health}>
        {({ code, said }) => (
          <Pairs
            of={[
              [words.status, <StatusBadge key="status" status={said.status} size="sm" />],
              [words.code, code],
              [words.queueLength, said.checks.rq_queue.length.toLocaleString(LANGUAGE)],
              ...Object.entries({
                database: said.checks.database,
                redis: said.checks.redis,
                rq_queue: said.checks.rq_queue.status,
                ...said.parts,
              }).map(([name, status]): [string, ReactNode] => [
                name,
                <Group key={name} gap="sm">
                  <StatusBadge status={status} size="sm" />
                  <Text size="sm" c="dimmed" span>
                    {said.latency_ms[name] === undefined ? "" : words.ms(said.latency_ms[name])}
                  </Text>
                </Group>,
              ]),
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}
