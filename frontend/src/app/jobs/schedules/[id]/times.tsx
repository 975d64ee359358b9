import { Box, Text } from "@mantine/core";
import type { Schedule } from "../queries";
import { onClocks } from "../next";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
import { Ago, absolute } from "@/components/time";
import { jobTexts } from "@/texts";

const words = jobTexts.schedules;

/** When it is due the next times: there, in UTC, and on the reader's own clock. */
export function Times({ schedule: { next_times, time_zone, state } }: { schedule: Schedule }) {
  return (
    <Section title={words.times} description={words.timesHint(time_zone)}>
      {next_times.length === 0 ? (
        <Text size="sm" c="dimmed">
          {state === "paused" ? words.pauseBody : words.noTimes}
        </Text>
      ) : (
        <Table label={words.times} minWidth={620}>
          <thead>
            <tr>
              <th>{words.there(time_zone)}</th>
              <th>{words.utc}</th>
              <th>{words.here}</th>
              <Box component="th" ta="end">
                {words.inTime}
              </Box>
            </tr>
          </thead>
          <tbody>
            {next_times.map(({ utc, local }) => (
              <tr key={utc}>
                <td>{onClocks(local)}</td>
                <td>{onClocks(utc)}</td>
                <td>{absolute(utc)}</td>
                <Box component="td" ta="end">
                  <Ago at={utc} />
                </Box>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Section>
  );
}
