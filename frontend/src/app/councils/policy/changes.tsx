import { Stack, Table, Text } from "@mantine/core";
import type { Policy } from "../queries";
import { differences } from "@/components/policy-words";
import { Section } from "@/components/section";
import { councilTexts } from "@/texts";

const words = councilTexts.editor;

/** What a draft says differently from the policy in force. */
export function Changes({ before, after, version }: { before: Policy; after: Policy; version: number }) {
  const changes = differences(before, after);
  return (
    <Section title={words.changes} description={words.changesHint(version)}>
      <Stack aria-live="polite">
        {changes.length === 0 ? (
          <Text size="sm">{words.noChanges}</Text>
        ) : (
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w="50%">{words.was}</Table.Th>
                <Table.Th>{words.becomes}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {changes.map(({ field, before, after }) => (
                <Table.Tr key={field} style={{ verticalAlign: "top" }}>
                  <Table.Td c="dimmed">{before}</Table.Td>
                  <Table.Td fw={550}>{after}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Stack>
    </Section>
  );
}
