import { Anchor, Code, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Schedule } from "../queries";
import { Json } from "@/components/code";
import { Pairs } from "@/components/facts";
import { Link } from "@/components/link";
import { amount } from "@/components/money";
import { Section } from "@/components/section";
import { Time } from "@/components/time";
import { jobTexts, texts } from "@/texts";

const words = jobTexts.schedules;

/** What a schedule proposes, when, and as whom. */
export function About({ schedule }: { schedule: Schedule }) {
  const { workflow_type, cron, time_zone, missed, owner_name, reason, weekly_savings, created_at, last_fired_at } =
    schedule;
  const facts: [string, ReactNode][] = [
    [
      words.type,
      <Anchor key="type" component={Link} href={`/types/${encodeURIComponent(workflow_type)}`} size="sm">
        {workflow_type}
      </Anchor>,
    ],
    [words.when, <Code key="cron">{cron}</Code>],
    [words.zone, time_zone],
    [words.missed, words.missedShort[missed]],
    [words.owner, owner_name],
    [words.reason, reason ?? texts.none],
    [words.savings, weekly_savings ? amount(weekly_savings) : texts.none],
    [words.madeAt, <Time key="made" at={created_at} />],
    [words.lastFired, last_fired_at ? <Time key="fired" at={last_fired_at} /> : texts.none],
    [
      words.inputs,
      Object.keys(schedule.inputs).length > 0 ? (
        <Json key="inputs" value={schedule.inputs} label={words.inputs} />
      ) : (
        <Text key="inputs" size="sm" c="dimmed">
          {words.noInputs}
        </Text>
      ),
    ],
  ];
  return (
    <Section title={words.about}>
      <Pairs of={facts} />
    </Section>
  );
}
