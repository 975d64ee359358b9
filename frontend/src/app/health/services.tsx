import { Anchor, Card, Group, Text } from "@mantine/core";
import Link from "next/link";
import type { Status } from "./queries";
import classes from "../jobs/jobs.module.css";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { healthTexts as words } from "@/texts";

/** Each service, and how many of its instances are ready. */
export function Services({ services }: Pick<Status, "services">) {
  const all = (
    <Anchor component={Link} href="/jobs/workers" size="sm">
      {words.workers}
    </Anchor>
  );
  return (
    <Section title={words.services} aside={all}>
      <div className={classes.cards}>
        {services.map(({ service, status, ready, instances }) => (
          <Card withBorder padding="sm" key={service} component="article" aria-label={service}>
            <Group justify="space-between" gap="xs">
              <Text fw={550} size="sm">
                {service}
              </Text>
              <StatusBadge status={status} size="sm" />
            </Group>
            <Text size="sm" c="dimmed" mt={4}>
              {instances > 0 ? words.ready(ready, instances) : words.noInstances}
            </Text>
          </Card>
        ))}
      </div>
    </Section>
  );
}
