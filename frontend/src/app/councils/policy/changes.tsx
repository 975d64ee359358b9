import { Box, Stack, Text } from "@mantine/core";
import type { Policy } from "../queries";
import { differences } from "@/components/policy-words";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
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
            <thead>
              <tr>
                <Box component="th" w="50%">
                  {words.was}
                </Box>
                <th>{words.becomes}</th>
              </tr>
            </thead>
            <tbody>
              {changes.map(({ field, before, after }) => (
                <tr key={field} style={{ verticalAlign: "top" }}>
                  <Box component="td" c="dimmed">
                    {before}
                  </Box>
                  <Box component="td" fw={550}>
                    {after}
                  </Box>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </Stack>
    </Section>
  );
}
