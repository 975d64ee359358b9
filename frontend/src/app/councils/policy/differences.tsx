import { Anchor, Box, Text } from "@mantine/core";
import type { components } from "@/api/schema";
import { Link } from "@/components/link";
import { Table } from "@/components/table";
import { Time } from "@/components/time";
import { councilTexts } from "@/texts";

const words = councilTexts.editor.simulate;
const { fates } = councilTexts.editor;

/** The proposals that another policy would have made something else of. */
export function Differences({ of }: { of: components["schemas"]["Difference"][] }) {
  const { workflow, at, actual, simulated, why } = words.columns;
  return (
    <Table label={words.table} minWidth={760}>
      <thead>
        <tr>
          {[workflow, at, actual, simulated, why].map((label) => (
            <th key={label}>{label}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {of.map((one) => (
          <tr key={one.workflow_id}>
            <td>
              <Anchor component={Link} href={`/workflows/${one.workflow_id}`} target="_blank" size="sm">
                {one.workflow_type}
              </Anchor>
            </td>
            <td>
              <Time at={one.proposed_at} />
            </td>
            <td>{fates[one.actual]}</td>
            <Box component="td" fw={600}>
              {fates[one.simulated]}
            </Box>
            <td>
              {one.why}
              {one.electorate_is_assumed && (
                <Text size="xs" c="dimmed">
                  {words.assumedMark}
                </Text>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
