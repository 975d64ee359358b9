"use client";

import { Box, Code, SegmentedControl, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { type FieldRow, rowsOf } from "./rows-of";
import { Json } from "@/components/code";
import type { Schema } from "@/components/schema-form/schema";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
import { typeTexts as words } from "@/texts";

/** What a proposal of the type says, as a table or as the schema itself. */
export function Inputs({ schema }: { schema: Schema }) {
  const [as, setAs] = useState("table");
  const rows = useMemo(() => rowsOf(schema), [schema]);
  return (
    <Section
      title={words.inputs}
      description={words.inputsHint}
      aside={
        <SegmentedControl
          size="xs"
          aria-label={words.inputsView}
          value={as}
          onChange={setAs}
          data={[
            { value: "table", label: words.asTable },
            { value: "json", label: words.asJson },
          ]}
        />
      }
    >
      {as === "json" ? (
        <Json value={schema} label={words.asJson} maxHeight={480} />
      ) : rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {words.noInputs}
        </Text>
      ) : (
        <Table>
          <thead>
            <tr>
              <th>{words.field.name}</th>
              <Box component="th" w="45%">
                {words.field.takes}
              </Box>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.path} row={row} />
            ))}
          </tbody>
        </Table>
      )}
    </Section>
  );
}

function Row({ row: { path, depth, label, description, kind, isRequired, rules } }: { row: FieldRow }) {
  return (
    <tr style={{ verticalAlign: "top" }}>
      <td style={{ paddingInlineStart: `${0.6 + depth * 1.2}rem`, overflowWrap: "anywhere" }}>
        <Text size="sm" fw={600}>
          {label}
        </Text>
        <Code>{path}</Code>
        {description && (
          <Text size="xs" c="dimmed" mt={2}>
            {description}
          </Text>
        )}
      </td>
      <td style={{ overflowWrap: "anywhere" }}>
        <Text size="sm">{isRequired ? kind : words.field.optional(kind)}</Text>
        {rules.length > 0 && (
          <Text size="xs" c="dimmed" mt={2}>
            {rules.join("; ")}
          </Text>
        )}
      </td>
    </tr>
  );
}
