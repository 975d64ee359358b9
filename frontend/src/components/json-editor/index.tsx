"use client";

import { Input, Skeleton, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useId } from "react";
import { parseJson } from "./syntax";
import { texts } from "@/texts";

const Editor = dynamic(() => import("./editor"), { ssr: false, loading: () => <Skeleton height={130} /> });

type Props = {
  label: string;
  description?: string | undefined;
  value: string;
  onChange: (text: string) => void;
  onBlur?: (() => void) | undefined;
  /** What is wrong with it, besides its syntax. */
  error?: string | null | undefined;
  required?: boolean | undefined;
};

/** A field for JSON. Where it breaks is marked in the text, and said below it. */
export function JsonEditor({ label, description, value, onChange, onBlur, error, required }: Props) {
  const id = useId();
  const { fault } = parseJson(value);
  const said = fault && value.trim() !== "" ? texts.json.fault(fault.line, fault.column) : (error ?? null);
  return (
    <div>
      <Input.Label id={`${id}-label`} labelElement="div" required={required ?? false}>
        {label}
      </Input.Label>
      {description && (
        <Text size="xs" c="dimmed" mb={4}>
          {description}
        </Text>
      )}
      <Editor
        value={value}
        onChange={onChange}
        onBlur={onBlur}
        labelledBy={`${id}-label`}
        describedBy={`${id}-said`}
        isInvalid={said !== null}
      />
      <div id={`${id}-said`} aria-live="polite">
        {said !== null && (
          <Input.Error mt={4} style={{ whiteSpace: "pre-line" }}>
            {said}
          </Input.Error>
        )}
      </div>
    </div>
  );
}

export { parseJson } from "./syntax";
