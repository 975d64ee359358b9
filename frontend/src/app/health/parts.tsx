import { Box, Text } from "@mantine/core";
import type { Status } from "./queries";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Table } from "@/components/table";
import { Time } from "@/components/time";
import { healthTexts as words } from "@/texts";

type Uptime = Status["uptime_percent"];

const WINDOWS = ["24h", "7d", "30d", "90d"] as const;

/** Every part: how it is, how soon it answers, and how much of the time it has worked. */
export function Parts({ status: { checks, uptime_percent, history_read_at, status } }: { status: Status }) {
  return (
    <Section title={words.parts} description={words.partsHint}>
      <Table label={words.parts} minWidth={760}>
        <thead>
          <tr>
            <th>{words.part}</th>
            <th>{words.status}</th>
            <Box component="th" ta="end">
              {words.answer}
            </Box>
            {WINDOWS.map((window) => (
              <Box component="th" key={window} ta="end">
                {words.windows[window]}
              </Box>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{words.whole}</th>
            <td>
              <StatusBadge status={status} size="sm" />
            </td>
            <td />
            <UptimeCells of={uptime_percent} />
          </tr>
          {checks.map(({ name, title, status, needed, latency_ms, uptime_percent }) => (
            <tr key={name}>
              <td>
                <Text size="sm">{title}</Text>
                {needed && (
                  <Text size="xs" c="dimmed">
                    {words.needed}
                  </Text>
                )}
              </td>
              <td>
                <StatusBadge status={status} size="sm" />
              </td>
              <Box component="td" ta="end">
                {typeof latency_ms === "number" ? words.ms(latency_ms) : words.noAnswer}
              </Box>
              <UptimeCells of={uptime_percent} />
            </tr>
          ))}
        </tbody>
      </Table>
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
      <Box component="td" key={window} ta="end" style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}>
        {typeof share === "number" ? words.percent(share) : words.notMeasured}
      </Box>
    );
  });
}
