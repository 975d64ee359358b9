import { Table, Text } from "@mantine/core";
import type { Schedule } from "../queries";
import { onClocks } from "../next";
import { Section } from "@/components/section";
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
        <Table.ScrollContainer minWidth={620} type="native" scrollAreaProps={{ tabIndex: 0 }}>
          <Table aria-label={words.times}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{words.there(time_zone)}</Table.Th>
                <Table.Th>{words.utc}</Table.Th>
                <Table.Th>{words.here}</Table.Th>
                <Table.Th ta="end">{words.inTime}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {next_times.map(({ utc, local }) => (
                <Table.Tr key={utc}>
                  <Table.Td>{onClocks(local)}</Table.Td>
                  <Table.Td>{onClocks(utc)}</Table.Td>
                  <Table.Td>{absolute(utc)}</Table.Td>
                  <Table.Td ta="end">
                    <Ago at={utc} />
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
