import { SegmentedControl, Skeleton, Stack, Table, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useThroughput } from "./queries";
import { type Bucket, type Throughput, WINDOWS, type Window, sumUp, windowOf } from "./throughput";
import { useFilters } from "@/components/filters";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { absolute, duration } from "@/components/time";
import { jobTexts } from "@/texts";

const Charts = dynamic(() => import("./charts"), { ssr: false, loading: () => <Skeleton height={460} /> });
const words = jobTexts.throughput;

/** How much ran, and how long it waited and took: in a sentence, and drawn or as a table. */
export function ThroughputOf() {
  const { chosen, choose } = useFilters("window", "view");
  const window = windowOf(chosen.window);
  const throughput = useThroughput(window);
  const isTable = chosen.view === "table";
  return (
    <Section
      title={words.title}
      aside={
        <SegmentedControl
          size="xs"
          aria-label={words.window}
          value={window}
          onChange={(value) => choose({ window: value === "hour" ? null : value })}
          data={WINDOWS.map((value) => ({ value, label: words.windows[value] ?? value }))}
        />
      }
    >
      <Loaded query={throughput} skeleton={<Skeleton height={480} />}>
        {({ buckets }) => (
          <Stack gap="sm">
            <Summary buckets={buckets} window={window} />
            <SegmentedControl
              size="xs"
              aria-label={words.view}
              value={isTable ? "table" : "chart"}
              onChange={(value) => choose({ view: value === "table" ? value : null })}
              data={[
                { value: "chart", label: words.asChart },
                { value: "table", label: words.asTable },
              ]}
              style={{ alignSelf: "start" }}
            />
            {isTable ? <AsTable buckets={buckets} /> : <Charts buckets={buckets} window={window} />}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

function Summary({ buckets, window }: { buckets: Bucket[]; window: Window }) {
  const { completed, failed, busiest, wait, run } = sumUp(buckets);
  const when = words.inWindow[window] ?? window;
  if (!busiest) return <Text size="sm">{words.nothing(when)}</Text>;
  return (
    <Text size="sm">
      {words.summary(when, completed, failed)} {words.busiest(absolute(busiest.at), busiest.completed + busiest.failed)}{" "}
      {wait !== null && run !== null && words.latency(duration(wait), duration(run))}
    </Text>
  );
}

function AsTable({ buckets }: Pick<Throughput, "buckets">) {
  const used = buckets.filter(({ completed, failed }) => completed + failed > 0).toReversed();
  return (
    <Table.ScrollContainer minWidth={640} mah={420} scrollAreaProps={{ tabIndex: 0 }} type="native">
      <Table aria-label={words.tableOf} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.from}</Table.Th>
            {[words.completed, words.failed, words.waitMedian, words.waitMost, words.runMedian, words.runMost].map((name) => (
              <Table.Th key={name} ta="end">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {used.map(({ at, completed, failed, wait_seconds, run_seconds }) => (
            <Table.Tr key={at}>
              <Table.Td>{absolute(at)}</Table.Td>
              <Table.Td ta="end">{completed}</Table.Td>
              <Table.Td ta="end">{failed}</Table.Td>
              {[wait_seconds?.p50, wait_seconds?.p95, run_seconds?.p50, run_seconds?.p95].map((seconds, column) => (
                <Table.Td key={column} ta="end">
                  {seconds === undefined ? "–" : duration(seconds)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Caption>{words.onlyUsed}</Table.Caption>
      </Table>
    </Table.ScrollContainer>
  );
}
