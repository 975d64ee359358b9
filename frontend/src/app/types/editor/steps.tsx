"use client";

import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { type Fault, type StepDraft, faultAt, newStep } from "./draft";
import { StepFields } from "./step-fields";
import classes from "../types.module.css";
import { Section } from "@/components/section";
import { typeTexts } from "@/texts";

const words = typeTexts.editor;

type Props = {
  steps: StepDraft[];
  faults: readonly Fault[];
  onChange: (steps: StepDraft[]) => void;
  /** Steps have other places now: what was said about places no longer holds. */
  onMoved: () => void;
};

/** The steps of a type that is being written. */
export function Steps({ steps, faults, onChange, onMoved }: Props) {
  const move = (index: number, by: -1 | 1) => {
    const moved = [...steps];
    moved.splice(index + by, 0, ...moved.splice(index, 1));
    onMoved();
    onChange(moved);
  };
  const remove = (index: number) => {
    onMoved();
    onChange(steps.filter((_, at) => at !== index));
  };
  const fault = faultAt(faults, "/steps");
  return (
    <Section title={words.steps} description={words.stepsHint}>
      <Stack>
        {steps.length === 0 ? (
          <Text size="sm" c="dimmed">
            {words.noSteps}
          </Text>
        ) : (
          <ol className={classes.steps}>
            {steps.map((step, index) => (
              <StepFields
                key={step.key}
                step={step}
                index={index}
                count={steps.length}
                faults={faults}
                onChange={(to) => onChange(steps.map((one, at) => (at === index ? to : one)))}
                onMove={(by) => move(index, by)}
                onRemove={() => remove(index)}
              />
            ))}
          </ol>
        )}
        {fault && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {fault}
          </Text>
        )}
        <Group>
          <Button
            variant="light"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => onChange([...steps, newStep()])}
          >
            {words.addStep}
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}
