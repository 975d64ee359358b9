"use client";

import { useState } from "react";
import { type FieldProps, useForm } from "./context";
import { JsonEditor, parseJson } from "@/components/json-editor";
import { formTexts } from "@/texts";

/** What no form can be drawn for, as JSON. */
export function JsonField({ schema, pointer, label, value, isRequired, example }: FieldProps) {
  const { set, leave, faultAt } = useForm();
  const [text, setText] = useState<string | null>(null);
  const shown = value === undefined ? "" : JSON.stringify(value, null, 2);
  // What is being typed stays as it is typed, until something else takes its place.
  const isStill = text !== null && JSON.stringify(parseJson(text).value) === JSON.stringify(value);
  const isBroken = text !== null && text === value && parseJson(text).fault !== undefined;
  const hint = example === undefined ? undefined : formTexts.example(JSON.stringify(example));
  return (
    <JsonEditor
      label={label}
      description={[schema.description, hint].filter(Boolean).join(" ") || undefined}
      required={isRequired}
      value={isBroken || isStill ? (text ?? "") : shown}
      error={faultAt(pointer)}
      onBlur={() => leave(pointer)}
      onChange={(typed) => {
        setText(typed);
        const { value: read, fault } = parseJson(typed);
        // A text that is no JSON is kept as text: the schema will not have it, so that nothing is sent by mistake.
        set(pointer, typed.trim() === "" ? undefined : fault ? typed : read);
      }}
    />
  );
}
