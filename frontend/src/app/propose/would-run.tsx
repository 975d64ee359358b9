"use client";

import { Text } from "@mantine/core";
import classes from "./propose.module.css";
import { StepPreview } from "../inbox/step";
import { type WorkflowType, useDryRun } from "../types/queries";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { proposeTexts as words } from "@/texts";

/** What each step would do with these inputs; before they fit, the steps as the type has them. */
export function WouldRun({ type, inputs }: { type: WorkflowType; inputs: Record<string, unknown> | null }) {
  const rehearsal = useDryRun({ id: type.id, version: type.version, inputs: inputs ?? {} }, inputs !== null);
  return (
    <Section title={words.willRun} description={inputs ? words.willRunHint : words.willRunLater}>
      {inputs ? (
        <Loaded query={rehearsal}>
          {({ is_sound, steps }) => (
            <>
              {!is_sound && (
                <Text size="sm" fw={600} mb="xs" role="status">
                  {words.unsound}
                </Text>
              )}
              <ol className={classes.steps}>
                {steps.map((step, index) => (
                  <StepPreview key={step.name} step={step} number={index + 1} />
                ))}
              </ol>
            </>
          )}
        </Loaded>
      ) : (
        <ol className={classes.steps}>
          {type.steps.map((step, index) => (
            <StepPreview key={step.name} step={step} number={index + 1} />
          ))}
        </ol>
      )}
    </Section>
  );
}
