"use client";

import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import type { Detail } from "../queries";
import classes from "./steps.module.css";
import { Actor } from "@/components/actor";
import { Facts } from "@/components/facts";
import { Section } from "@/components/section";
import { Time } from "@/components/time";
import { inboxTexts, workflowTexts } from "@/texts";

type Event = Detail["timeline"][number];
type Free = Record<string, unknown>;

/** So many events are seen at first. */
const SHOWN = 12;

/** Everything that happened, the newest first. */
export function History({ timeline }: { timeline: Detail["timeline"] }) {
  const [isWhole, setWhole] = useState(false);
  const hidden = isWhole ? 0 : Math.max(0, timeline.length - SHOWN);
  return (
    <Section title={workflowTexts.timeline}>
      <ol className={classes.steps} reversed>
        {timeline
          .map((event, index) => ({ event, index }))
          .toReversed()
          .slice(0, timeline.length - hidden)
          .map(({ event, index }) => (
            <li key={index} className={classes.step}>
              <Group gap="xs" align="baseline">
                <Text size="sm" fw={600}>
                  {workflowTexts.events[event.event] ?? event.event.replaceAll("_", " ")}
                </Text>
                <Text size="sm" lineClamp={2} style={{ overflowWrap: "anywhere" }}>
                  {gist(event)}
                </Text>
              </Group>
              <Text size="xs" c="dimmed" component="div">
                {event.actor.kind !== "system" && (
                  <>
                    <Actor of={event.actor} />,{" "}
                  </>
                )}
                <Time at={event.at} />
              </Text>
              {Object.keys(event.detail).length > 0 && (
                <details className={classes.details}>
                  <summary>{workflowTexts.showDetail}</summary>
                  <Facts of={event.detail} />
                </details>
              )}
            </li>
          ))}
      </ol>
      {hidden > 0 && (
        <Button size="compact-sm" variant="subtle" mt="xs" onClick={() => setWhole(true)}>
          {workflowTexts.showAll(timeline.length)}
        </Button>
      )}
    </Section>
  );
}

/** The particular of an event that a person asks for first. */
function gist({ event, detail }: Event): string {
  const { vote, council_id, outcome, step, error, reason, question, because, line } = detail as Free;
  if (event === "voted" && isVote(vote)) return `${inboxTexts.chosen[vote]} (${council_id})`;
  if (event === "review_decided") return `${council_id}: ${outcome}`;
  if (typeof line === "string") return `${step}: ${line}`;
  if (typeof step === "string") return typeof error === "string" ? `${step}: ${error}` : step;
  return [reason, question, error, because].find((one): one is string => typeof one === "string") ?? "";
}

function isVote(value: unknown): value is keyof typeof inboxTexts.chosen {
  return typeof value === "string" && value in inboxTexts.chosen;
}
