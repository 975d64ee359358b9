"use client";

import { Checkbox, NativeSelect, TextInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { type FieldProps, useForm } from "./context";
import { isLong } from "./schema";
import { formTexts } from "@/texts";

/** Which control of the browser serves a format. */
const INPUTS: Record<string, string> = { date: "date", "date-time": "datetime-local", email: "email", uri: "url" };

/** What all controls have. */
function useControl({ pointer, label, schema, isRequired, example, isBare }: FieldProps) {
  const form = useForm();
  return {
    id: form.idOf(pointer),
    ...(isBare ? { "aria-label": label } : { label }),
    description: schema.description,
    required: isRequired,
    error: form.faultAt(pointer),
    onBlur: () => form.leave(pointer),
    ...(typeof example === "string" || typeof example === "number" ? { placeholder: String(example) } : {}),
  };
}

export function TextField(props: FieldProps) {
  const { schema, pointer, value } = props;
  const { set } = useForm();
  const control = useControl(props);
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
  const change = (typed: string) => set(pointer, typed === "" ? undefined : typed);
  if (schema.format === "date-time") return <MomentField {...props} />;
  if (isLong(schema)) {
    return (
      <Textarea
        {...control}
        autosize
        minRows={3}
        maxRows={14}
        value={text}
        onChange={(event) => change(event.currentTarget.value)}
      />
    );
  }
  return (
    <TextInput
      {...control}
      type={INPUTS[schema.format ?? ""] ?? "text"}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

/** A point in time: chosen in the browser's time zone, kept in UTC. */
function MomentField(props: FieldProps) {
  const { pointer, value, schema } = props;
  const { set } = useForm();
  const { placeholder: _, ...control } = useControl(props);
  return (
    <TextInput
      {...control}
      type="datetime-local"
      description={[schema.description, formTexts.localTime].filter(Boolean).join(" ")}
      value={typeof value === "string" ? localOf(value) : ""}
      onChange={(event) => {
        const at = new Date(event.currentTarget.value);
        set(pointer, Number.isNaN(at.getTime()) ? undefined : at.toISOString());
      }}
    />
  );
}

function localOf(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function NumberField(props: FieldProps) {
  const { pointer, value, schema } = props;
  const { set } = useForm();
  // What is typed is kept as it is: "1." is on its way to "1.5".
  const [typed, setTyped] = useState<string | null>(null);
  const shown = value === undefined || value === null ? "" : String(value);
  const isStill = typed !== null && numberOf(typed) === value;
  return (
    <TextInput
      {...useControl(props)}
      inputMode={schema.type === "integer" ? "numeric" : "decimal"}
      value={isStill ? typed : shown}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        set(pointer, numberOf(text));
      }}
    />
  );
}

/** The number that was typed; what is none stays a text, and is said to be none. */
function numberOf(text: string): number | string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : text;
}

export function BooleanField(props: FieldProps) {
  const { pointer, value } = props;
  const { set } = useForm();
  // A box that is not ticked is an answer, too.
  const { required: _, ...control } = useControl(props);
  return (
    <Checkbox {...control} checked={value === true} onChange={(event) => set(pointer, event.currentTarget.checked)} />
  );
}

export function ChoiceField(props: FieldProps) {
  const { schema, pointer, value } = props;
  const { set } = useForm();
  const { placeholder: _, ...control } = useControl(props);
  const options = schema.enum ?? [];
  const chosen = options.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));
  return (
    <NativeSelect
      {...control}
      value={chosen < 0 ? "" : String(chosen)}
      onChange={(event) => {
        const index = event.currentTarget.value;
        set(pointer, index === "" ? undefined : options[Number(index)]);
      }}
      data={[
        { value: "", label: formTexts.choose },
        ...options.map((one, index) => ({ value: String(index), label: typeof one === "string" ? one : JSON.stringify(one) })),
      ]}
    />
  );
}

export function ConstField(props: FieldProps) {
  const { schema } = props;
  return <TextInput {...useControl(props)} readOnly value={typeof schema.const === "string" ? schema.const : JSON.stringify(schema.const)} />;
}
