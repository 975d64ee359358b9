import { Anchor, Table, Text } from "@mantine/core";
import Link from "next/link";
import type { components } from "@/api/schema";
import { Time } from "@/components/time";
import { councilTexts } from "@/texts";

const words = councilTexts.editor.simulate;
const { fates } = councilTexts.editor;

/** The proposals that another policy would have made something else of. */
export function Differences({ of }: { of: components["schemas"]["Difference"][] }) {
  const { workflow, at, actual, simulated, why } = words.columns;
  return (
    <Table.ScrollContainer minWidth={760}>
      <Table aria-label={words.table}>
        <Table.Thead>
          <Table.Tr>
            {[workflow, at, actual, simulated, why].map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.map((one) => (
            <Table.Tr key={one.workflow_id}>
              <Table.Td>
                <Anchor component={Link} href={`/workflows/${one.workflow_id}`} target="_blank" size="sm">
                  {one.workflow_type}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <Time at={one.proposed_at} />
              </Table.Td>
              <Table.Td>{fates[one.actual]}</Table.Td>
              <Table.Td fw={600}>{fates[one.simulated]}</Table.Td>
              <Table.Td>
                {one.why}
                {one.electorate_is_assumed && (
                  <Text size="xs" c="dimmed">
                    {words.assumedMark}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
