import { Button, Card, Group, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import classes from "./jobs.module.css";
import { type Priority, usePauses, useQueues } from "./queries";
import type { components } from "@/api/schema";
import { useIsAdmin } from "@/api/session";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Ago } from "@/components/time";
import { LANGUAGE, jobTexts } from "@/texts";

const Switch = dynamic(() => import("./switch-queue"), { ssr: false });
const words = jobTexts.queues;

/** The queues, how long each is, and whether it is paused. */
export function Queues() {
  const queues = useQueues();
  return (
    <Section title={words.title} description={words.description}>
      <Loaded query={queues}>
        {(data) => (
          <div className={classes.cards}>
            {data.queues.map((queue) => (
              <Queue key={queue.name} {...queue} />
            ))}
          </div>
        )}
      </Loaded>
    </Section>
  );
}

function Queue({ name, length, paused_at }: components["schemas"]["QueueView"]) {
  const isAdmin = useIsAdmin();
  const [to, setTo] = useState<"pause" | "resume" | null>(null);
  const called = words.names[name] ?? name;
  return (
    <Card withBorder padding="md" component="article" aria-label={called}>
      <Group justify="space-between" gap="xs">
        <Text fw={600}>{called}</Text>
        {paused_at ? <StatusBadge status="paused" /> : null}
      </Group>
      <Text className={classes.figure} size="sm" mt={4}>
        <Text span fw={650} fz="1.6rem" lh={1.2}>
          {length.toLocaleString(LANGUAGE)}
        </Text>{" "}
        {words.waiting(length)}
      </Text>
      {paused_at && <Why queue={name} since={paused_at} />}
      {isAdmin && (
        <Button
          mt="sm"
          size="xs"
          variant={paused_at ? "filled" : "default"}
          color={paused_at ? "teal.8" : undefined}
          leftSection={paused_at ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
          aria-label={paused_at ? words.resumeOf(called) : words.pauseOf(called)}
          onClick={() => setTo(paused_at ? "resume" : "pause")}
        >
          {paused_at ? words.resume : words.pause}
        </Button>
      )}
      {to && <Switch queue={name} to={to} onClose={() => setTo(null)} />}
    </Card>
  );
}

/** Since when a queue is paused and, for admins, why. */
function Why({ queue, since }: { queue: Priority; since: string }) {
  const pauses = usePauses();
  const reason = pauses.data?.find(({ priority }) => priority === queue)?.reason;
  return (
    <Text size="sm" c="dimmed" mt={4} style={{ overflowWrap: "anywhere" }}>
      {words.pausedSince} <Ago at={since} />
      {reason && `: ${reason}`}
    </Text>
  );
}
