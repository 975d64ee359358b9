import { Table, Text } from "@mantine/core";
import type { Status } from "./queries";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { healthTexts as words } from "@/texts";

type Uptime = Status["uptime_percent"];

const WINDOWS = ["24h", "7d", "30d", "90d"] as const;

/** Every part: how it is, how soon it answers, and how much of the time it has worked. */
export function Parts({ status: { checks, uptime_percent, history_read_at, status } }: { status: Status }) {
  return (
    <Section title={words.parts} description={words.partsHint}>
      <Table.ScrollContainer minWidth={760} type="native" scrollAreaProps={{ tabIndex: 0 }}>
        <Table aria-label={words.parts} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.part}</Table.Th>
              <Table.Th>{words.status}</Table.Th>
              <Table.Th ta="end">{words.answer}</Table.Th>
              {WINDOWS.map((window) => (
                <Table.Th key={window} ta="end">
                  {words.windows[window]}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <Table.Tr>
              <Table.Th scope="row">{words.whole}</Table.Th>
              <Table.Td>
                <StatusBadge status={status} size="sm" />
              </Table.Td>
              <Table.Td />
              <UptimeCells of={uptime_percent} />
            </Table.Tr>
            {checks.map(({ name, title, status, needed, latency_ms, uptime_percent }) => (
              <Table.Tr key={name}>
                <Table.Td>
                  <Text size="sm">{title}</Text>
                  {needed && (
                    <Text size="xs" c="dimmed">
                      {words.needed}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <StatusBadge status={status} size="sm" />
                </Table.Td>
                <Table.Td ta="end">{typeof latency_ms === "number" ? words.ms(latency_ms) : words.noAnswer}</Table.Td>
                <UptimeCells of={uptime_percent} />
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="xs" c="dimmed" mt="xs">
        {history_read_at ? (
          <>
            {words.history} <Time at={history_read_at} />
          </>
        ) : (
          words.noHistory
        )}
      </Text>
    </Section>
  );
}

function UptimeCells({ of }: { of: Uptime }) {
  return WINDOWS.map((window) => {
    const share = of[window];
    return (
      <Table.Td key={window} ta="end" style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}>
        {typeof share === "number" ? words.percent(share) : words.notMeasured}
      </Table.Td>
    );
  });
}
