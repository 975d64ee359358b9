"use client";

import { Button, Fieldset, Group, Input, Stack, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { type ReactNode, useId, useRef } from "react";
import { type FieldProps, useForm } from "./context";
import { Field } from "./field";
import classes from "./list.module.css";
import { type FieldKind, type Schema, at, blank, into, kindOf, resolve } from "./schema";
import { formTexts } from "@/texts";

/** What is so small that an entry of it is one line. */
const LINES: FieldKind[] = ["text", "number", "choice", "const"];

/** A list whose entries are added and taken out. */
export function ListField({ schema, pointer, label, value, isRequired, example }: FieldProps) {
  const { root, set, faultAt, idOf, leave } = useForm();
  const list = useRef<HTMLOListElement>(null);
  const items = resolve(schema.items, root);
  const entries: unknown[] = Array.isArray(value) ? value : [];
  const isLines = LINES.includes(kindOf(items, pointer.split("/").length));
  const fault = faultAt(pointer);
  const put = (next: unknown[]) => {
    set(pointer, next.length === 0 && !isRequired ? undefined : next);
    leave(pointer);
  };
  const add = () => {
    put([...entries, blank(items, root)]);
    requestAnimationFrame(() => list.current?.lastElementChild?.querySelector<HTMLElement>(CONTROLS)?.focus());
  };
  const remove = (index: number) => {
    put(entries.filter((_, at) => at !== index));
    // The button that was pressed is gone; who uses a keyboard goes on from the one that is always there.
    document.getElementById(idOf(pointer))?.focus();
  };
  return (
    <Fieldset legend={isRequired ? <Needed label={label} /> : label} mx={0}>
      {schema.description && (
        <Text size="xs" c="dimmed" mb="xs">
          {schema.description}
        </Text>
      )}
      <Stack gap="sm">
        {entries.length === 0 ? (
          <Text size="sm" c="dimmed">
            {formTexts.noEntries}
          </Text>
        ) : (
          <ol ref={list} className={classes.entries} aria-label={label}>
            {/* Entries have no names of their own; their fields keep no state that could go to another. */}
            {entries.map((entry, index) => (
              <Entry
                key={index}
                title={formTexts.entry(items.title, index + 1)}
                remove={formTexts.remove(label, index + 1)}
                isLine={isLines}
                onRemove={() => remove(index)}
              >
                <Field
                  schema={withoutTitle(items)}
                  pointer={into(pointer, index)}
                  label={formTexts.entry(items.title ?? label, index + 1)}
                  value={entry}
                  isRequired={false}
                  isBare
                  example={items.examples?.[0] ?? at(example, "/0")}
                />
              </Entry>
            ))}
          </ol>
        )}
        {fault && <Input.Error role="alert">{fault}</Input.Error>}
        <Group>
          <Button
            id={idOf(pointer)}
            variant="light"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
            disabled={entries.length >= (schema.maxItems ?? Infinity)}
            aria-label={formTexts.addTo(label)}
            onClick={add}
          >
            {formTexts.add}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}

const CONTROLS = 'input, select, textarea, [contenteditable="true"]';

const withoutTitle = ({ title: _, ...schema }: Schema): Schema => schema;

function Needed({ label }: { label: string }) {
  return (
    <>
      {label}
      <Text span c="var(--mantine-color-error)" aria-hidden>
        {" *"}
      </Text>
    </>
  );
}

type EntryProps = { title: string; remove: string; isLine: boolean; onRemove: () => void; children: ReactNode };

/** One entry with its button: beside it where it is one line, else above it, where it is seen before what it takes away. */
function Entry({ title, remove, isLine, onRemove, children }: EntryProps) {
  const id = useId();
  const button = (
    <Button variant="subtle" color="red.9" px="xs" size={isLine ? "sm" : "xs"} aria-label={remove} title={remove} onClick={onRemove}>
      <IconTrash size={16} aria-hidden />
    </Button>
  );
  if (isLine) {
    return (
      <li className={classes.line}>
        <div>{children}</div>
        {button}
      </li>
    );
  }
  return (
    <li className={classes.entry}>
      <div role="group" aria-labelledby={id}>
        <Group justify="space-between" gap="xs" mb="xs" wrap="nowrap">
          <Text id={id} size="sm" fw={600}>
            {title}
          </Text>
          {button}
        </Group>
        {children}
      </div>
    </li>
  );
}
