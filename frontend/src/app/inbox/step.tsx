"use client";

import { Badge, Button, Code, Group, Text } from "@mantine/core";
import { useState } from "react";
import { type Part, partsOf } from "./step-parts";
import type { DryStep } from "./queries";
import classes from "./inbox.module.css";
import { Json } from "@/components/code";
import { Facts } from "@/components/facts";
import { inboxTexts } from "@/texts";

/** A text of more lines or characters is cut until somebody wants all of it. */
const LONG = { lines: 8, characters: 600 };

type Props = { step: Pick<DryStep, "name" | "kind" | "with"> & Partial<DryStep>; number: number };

/** What a step would do, for a person to read: the call, the mail, the text. */
export function StepPreview({ step, number }: Props) {
  const { headline, parts } = partsOf(step);
  return (
    <li className={classes.step} data-skipped={step.skipped_because ? true : undefined}>
      <Group gap={8} align="center">
        <Badge variant="light" color="gray" size="sm" tt="none" aria-label={inboxTexts.step.number(number)}>
          {number}
        </Badge>
        <Text size="sm" fw={600}>
          {inboxTexts.step.kinds[step.kind] ?? step.kind}
        </Text>
        <Text size="xs" c="dimmed">
          {step.name}
        </Text>
      </Group>
      {step.skipped_because && (
        <Text size="sm" c="dimmed" mt={4}>
          {inboxTexts.step.skipped(step.skipped_because)}
        </Text>
      )}
      {headline && (
        <Text className={classes.headline}>
          {headline.verb && <b>{headline.verb} </b>}
          {headline.text}
        </Text>
      )}
      {parts.map((part) => (
        <PartView key={part.label} part={part} name={step.name} />
      ))}
      {(step.unknown ?? []).map(({ pointer, waits_for }) => (
        <Text key={pointer} size="xs" c="dimmed" mt={4}>
          {inboxTexts.step.unknown(pointer.slice(1).replaceAll("/", " › "), waits_for.join(", "))}
        </Text>
      ))}
      {(step.errors ?? []).map(({ pointer, detail }) => (
        <Text key={pointer} size="sm" c="var(--mantine-color-error)" mt={4}>
          {detail}
        </Text>
      ))}
    </li>
  );
}

function PartView({ part, name }: { part: Part; name: string }) {
  const label = part.label && (
    <Text size="xs" c="dimmed" mt={6} mb={2}>
      {part.label}
    </Text>
  );
  if (part.is === "text") {
    return (
      <>
        {label}
        <LongText text={part.text} label={part.label || inboxTexts.step.textOf(name)} />
      </>
    );
  }
  if (part.is === "pairs") {
    return (
      <>
        {label}
        <div className={classes.pairs}>
          <Facts of={part.value} />
        </div>
      </>
    );
  }
  return (
    <>
      {label}
      <Json value={part.value} label={part.label || inboxTexts.step.textOf(name)} maxHeight={220} />
    </>
  );
}

function LongText({ text, label }: { text: string; label: string }) {
  const [isWhole, setWhole] = useState(false);
  const lines = text.split("\n");
  const isLong = lines.length > LONG.lines || text.length > LONG.characters;
  const shown = isWhole || !isLong ? text : `${lines.slice(0, LONG.lines).join("\n").slice(0, LONG.characters)}…`;
  return (
    <>
      <Code block className={classes.text} aria-label={label}>
        {shown}
      </Code>
      {isLong && (
        <Button size="compact-xs" variant="subtle" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? inboxTexts.step.less : inboxTexts.step.whole}
        </Button>
      )}
    </>
  );
}
