import { Code, Table, Text } from "@mantine/core";

/** An object's fields, readable: plain values as text, nested ones as JSON. */
export function Facts({ of }: { of: Record<string, unknown> }) {
  return (
    <Table withRowBorders={false} verticalSpacing={4} layout="fixed">
      <Table.Tbody>
        {Object.entries(of).map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w="30%" fw={500} c="dimmed">
              {name}
            </Table.Th>
            <Table.Td>{show(value)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function show(value: unknown) {
  if (typeof value === "object" && value !== null) return <Code block>{JSON.stringify(value, null, 2)}</Code>;
  return (
    <Text size="sm" style={{ overflowWrap: "anywhere" }}>
      {String(value)}
    </Text>
  );
}
