"use client";

import { Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { type WorkflowType, useDryRun } from "../queries";
import classes from "../types.module.css";
import { StepPreview } from "../../inbox/step";
import { JsonEditor, parseJson } from "@/components/json-editor";
import { Loaded } from "@/components/loaded";
import { exampleOf, initial, isObject, type Schema } from "@/components/schema-form/schema";
import { validatorOf } from "@/components/schema-form/validate";
import { Section } from "@/components/section";
import { proposeTexts, typeTexts } from "@/texts";

const words = typeTexts.editor;
const PAUSE = 500;

/** Rehearses the saved version of a type with inputs that somebody makes up. */
export function Try({ type }: { type: WorkflowType }) {
  const schema: Schema = type.input_schema;
  const [text, setText] = useState(() => JSON.stringify(exampleOf(schema, schema) ?? initial(schema, schema) ?? {}, null, 2));
  const [settled] = useDebouncedValue(text, PAUSE);
  const { value } = parseJson(settled);
  const validate = useMemo(() => validatorOf(schema), [schema]);
  const faults = isObject(value) ? Object.entries(validate(value)) : [];
  // What does not fit would only be refused.
  const inputs = isObject(value) && faults.length === 0 ? value : null;
  const fault = isObject(value) ? faults.map(([pointer, said]) => `${pointer || "/"}: ${said}`).join("\n") || null : words.object;
  const rehearsal = useDryRun({ id: type.id, version: type.version, inputs: inputs ?? {} }, inputs !== null);
  return (
    <Section title={words.tryTitle} description={words.tryHint}>
      <Stack>
        <JsonEditor label={words.trySample} value={text} onChange={setText} error={fault} />
        {inputs && (
          <Loaded query={rehearsal}>
            {({ is_sound, steps }) => (
              <>
                {!is_sound && (
                  <Text size="sm" fw={600} role="status">
                    {proposeTexts.unsound}
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
        )}
      </Stack>
    </Section>
  );
}
