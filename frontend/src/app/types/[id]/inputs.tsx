"use client";

import { Code, SegmentedControl, Table, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { rowsOf } from "./rows-of";
import { Json } from "@/components/code";
import type { Schema } from "@/components/schema-form/schema";
import { Section } from "@/components/section";
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
        <Table.ScrollContainer minWidth={520}>
          <Table verticalSpacing="sm" layout="auto">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{words.field.name}</Table.Th>
                <Table.Th>{words.field.type}</Table.Th>
                <Table.Th>{words.field.rules}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ path, depth, label, description, kind, isRequired, rules }) => (
                <Table.Tr key={path}>
                  <Table.Td style={{ paddingInlineStart: `${0.6 + depth * 1.2}rem` }}>
                    <Text size="sm" fw={600}>
                      {label}
                    </Text>
                    <Code>{path}</Code>
                    {description && (
                      <Text size="xs" c="dimmed" mt={2}>
                        {description}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Text size="sm">{isRequired ? `${kind}, ${words.needed}` : kind}</Text>
                  </Table.Td>
                  <Table.Td>
                    <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                      {rules.join("; ") || "–"}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}
