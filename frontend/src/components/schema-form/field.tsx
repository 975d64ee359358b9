"use client";

import { Button, Fieldset, Group, Input, Stack, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { type FieldProps, useForm } from "./context";
import { BooleanField, ChoiceField, ConstField, NumberField, TextField } from "./plain";
import { type Schema, at, blank, into, isObject, kindOf, labelOf, resolve } from "./schema";
import { JsonEditor, parseJson } from "@/components/json-editor";
import { formTexts } from "@/texts";

/** The field that serves a schema best. */
export function Field(props: FieldProps) {
  switch (kindOf(props.schema, props.pointer.split("/").length)) {
    case "text":
      return <TextField {...props} />;
    case "number":
      return <NumberField {...props} />;
    case "boolean":
      return <BooleanField {...props} />;
    case "choice":
      return <ChoiceField {...props} />;
    case "const":
      return <ConstField {...props} />;
    case "object":
      return (
        <Fieldset legend={props.label} variant="default">
          {props.schema.description && (
            <Text size="xs" c="dimmed" mb="sm">
              {props.schema.description}
            </Text>
          )}
          <Properties {...props} />
        </Fieldset>
      );
    case "list":
      return <ListField {...props} />;
    case "json":
      return <JsonField {...props} />;
  }
}

/** The fields of an object, one below the other. */
export function Properties({ schema, pointer, value, example }: Pick<FieldProps, "schema" | "pointer" | "value" | "example">) {
  const { root, faultAt } = useForm();
  const fault = faultAt(pointer);
  return (
    <Stack gap="md">
      {Object.entries(schema.properties ?? {}).map(([name, property]) => {
        const found = resolve(property, root);
        return (
          <Field
            key={name}
            schema={found}
            pointer={into(pointer, name)}
            label={labelOf(name, found)}
            value={isObject(value) ? value[name] : undefined}
            isRequired={schema.required?.includes(name) ?? false}
            example={found.examples?.[0] ?? at(example, into("", name))}
          />
        );
      })}
      {fault && <Input.Error role="alert">{fault}</Input.Error>}
    </Stack>
  );
}

function ListField({ schema, pointer, label, value, isRequired, example }: FieldProps) {
  const { root, set, faultAt, idOf, leave } = useForm();
  const items = resolve(schema.items, root);
  const entries: unknown[] = Array.isArray(value) ? value : [];
  const what = items.title ?? label;
  const fault = faultAt(pointer);
  const isFull = entries.length >= (schema.maxItems ?? Infinity);
  const put = (next: unknown[]) => {
    set(pointer, next.length === 0 && !isRequired ? undefined : next);
    leave(pointer);
  };
  return (
    <Fieldset legend={label} variant="default">
      {schema.description && (
        <Text size="xs" c="dimmed" mb="xs">
          {schema.description}
        </Text>
      )}
      <Stack gap="sm">
        {entries.length === 0 && (
          <Text size="sm" c="dimmed">
            {formTexts.noEntries}
          </Text>
        )}
        {entries.map((entry, index) => (
          // Entries have no names of their own; their fields keep no state that could go to another.
          <Group key={index} align="end" wrap="nowrap" gap="xs">
            <div style={{ flex: 1, minWidth: 0 }}>
              <Field
                schema={withoutTitle(items)}
                pointer={into(pointer, index)}
                label={formTexts.entry(what, index + 1)}
                value={entry}
                isRequired={false}
                example={items.examples?.[0] ?? at(example, "/0")}
              />
            </div>
            <Button
              variant="subtle"
              color="red.9"
              px="xs"
              aria-label={formTexts.remove(what, index + 1)}
              title={formTexts.remove(what, index + 1)}
              onClick={() => put(entries.filter((_, at) => at !== index))}
            >
              <IconTrash size={16} aria-hidden />
            </Button>
          </Group>
        ))}
        {fault && <Input.Error role="alert">{fault}</Input.Error>}
        <Group>
          <Button
            id={idOf(pointer)}
            variant="light"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
            disabled={isFull}
            onClick={() => put([...entries, blank(items, root)])}
          >
            {formTexts.add(what)}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}

const withoutTitle = ({ title: _, ...schema }: Schema): Schema => schema;

/** Anything else, as JSON. */
function JsonField({ schema, pointer, label, value, isRequired, example }: FieldProps) {
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
