"use client";

import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconWand } from "@tabler/icons-react";
import { useId, useMemo, useState } from "react";
import { change } from "./change";
import { Context } from "./context";
import { Properties } from "./field";
import { type Free, type Schema, exampleOf, isObject, isWanted, kindOf, resolve } from "./schema";
import { type Faults, validatorOf } from "./validate";
import { JsonEditor, parseJson } from "@/components/json-editor";
import { formTexts } from "@/texts";

type Props = {
  schema: Schema;
  value: Free;
  onChange: (value: Free) => void;
  /** What whoever it was sent to found wrong, by JSON Pointer; said until the value there changes. */
  refused?: Faults;
  /** Everything that is wrong may be said, not only what was touched. */
  isTried?: boolean;
  /** Whether what is written as JSON is JSON; only then `value` is what is meant. */
  onReadable?: (isReadable: boolean) => void;
};

/** A form for what a JSON Schema describes; what it can't draw is written as JSON. */
export function SchemaForm({ schema, value, onChange, refused = {}, isTried = false, onReadable }: Props) {
  const prefix = useId();
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState<string | null>(null);
  const root = useMemo(() => resolve(schema, schema), [schema]);
  const validate = useMemo(() => validatorOf(schema), [schema]);
  const faults = useMemo(() => validate(value), [validate, value]);
  const example = useMemo(() => exampleOf(root, root), [root]);
  const canDraw = kindOf(root) === "object" || Object.keys(root.properties ?? {}).length === 0;
  const isJson = text !== null;

  const form = useMemo(
    () => ({
      root: schema,
      set: (pointer: string, to: unknown) => {
        const next = change(value, pointer, to, (parent) => isWanted(root, parent));
        if (isObject(next)) onChange(next);
      },
      leave: (pointer: string) => setLeft((before) => (before.has(pointer) ? before : new Set(before).add(pointer))),
      faultAt: (pointer: string) => refused[pointer] ?? (isTried || left.has(pointer) ? (faults[pointer] ?? null) : null),
      idOf: (pointer: string) => `${prefix}${pointer}`,
    }),
    [schema, root, value, onChange, refused, isTried, left, faults, prefix],
  );

  const write = (typed: string) => {
    setText(typed);
    const { value: read } = parseJson(typed);
    onReadable?.(isObject(read));
    if (isObject(read)) onChange(read);
  };
  const show = (as: string) => {
    setText(as === "json" ? JSON.stringify(value, null, 2) : null);
    onReadable?.(true);
  };
  const isUnreadable = isJson && !isObject(parseJson(text).value);
  const said = { ...(isTried ? faults : {}), ...refused };
  return (
    <Context.Provider value={form}>
      <Stack gap="md">
        <Group justify="space-between" gap="xs">
          <SegmentedControl
            size="xs"
            aria-label={formTexts.view}
            value={isJson || !canDraw ? "json" : "form"}
            disabled={isUnreadable || !canDraw}
            onChange={show}
            data={[
              { value: "form", label: formTexts.asForm },
              { value: "json", label: formTexts.asJson },
            ]}
          />
          {isObject(example) && (
            <Button
              variant="subtle"
              size="xs"
              leftSection={<IconWand size={14} aria-hidden />}
              onClick={() => {
                onChange(example);
                onReadable?.(true);
                if (isJson) setText(JSON.stringify(example, null, 2));
              }}
            >
              {formTexts.fill}
            </Button>
          )}
        </Group>
        {isJson || !canDraw ? (
          <JsonEditor
            label={formTexts.whole}
            value={text ?? JSON.stringify(value, null, 2)}
            onChange={write}
            error={
              isUnreadable
                ? formTexts.notObject
                : Object.entries(said)
                    .map(([pointer, fault]) => `${pointer || "/"}: ${fault}`)
                    .join("\n") || null
            }
          />
        ) : Object.keys(root.properties ?? {}).length === 0 ? (
          <Text size="sm" c="dimmed">
            {formTexts.nothingAsked}
          </Text>
        ) : (
          <Properties schema={root} pointer="" value={value} example={example} />
        )}
        {isUnreadable && (
          <Text size="xs" c="dimmed">
            {formTexts.brokenJson}
          </Text>
        )}
      </Stack>
    </Context.Provider>
  );
}

export { validatorOf, type Faults } from "./validate";
export { initial, isObject, type Free, type Schema } from "./schema";
