"use client";

import { Fieldset, Input, Stack, Text } from "@mantine/core";
import { type FieldProps, useForm } from "./context";
import { JsonField } from "./json";
import { ListField } from "./list";
import { BooleanField, ChoiceField, ConstField, NumberField, TextField } from "./plain";
import { at, into, isObject, kindOf, labelOf, resolve } from "./schema";

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
      return props.isBare ? (
        <ObjectFields {...props} />
      ) : (
        <Fieldset legend={props.label} mx={0}>
          <ObjectFields {...props} />
        </Fieldset>
      );
    case "list":
      return <ListField {...props} />;
    case "json":
      return <JsonField {...props} />;
  }
}

function ObjectFields(props: FieldProps) {
  return (
    <>
      {props.schema.description && (
        <Text size="xs" c="dimmed" mb="sm">
          {props.schema.description}
        </Text>
      )}
      <Properties {...props} />
    </>
  );
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
