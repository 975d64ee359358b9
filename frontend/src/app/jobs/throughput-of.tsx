import { Box, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useThroughput } from "./queries";
import { type Bucket, type Throughput, WINDOWS, type Window, sumUp, windowOf } from "./throughput";
import { useFilters } from "@/components/filters";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
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
    <Table label={words.tableOf} minWidth={640} maxHeight={420}>
      <thead>
        <tr>
          <th>{words.from}</th>
          {[words.completed, words.failed, words.waitMedian, words.waitMost, words.runMedian, words.runMost].map(
            (name) => (
              <Box component="th" key={name} ta="end">
                {name}
              </Box>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {used.map(({ at, completed, failed, wait_seconds, run_seconds }) => (
          <tr key={at}>
            <td>{absolute(at)}</td>
            <Box component="td" ta="end">
              {completed}
            </Box>
            <Box component="td" ta="end">
              {failed}
            </Box>
            {[wait_seconds?.p50, wait_seconds?.p95, run_seconds?.p50, run_seconds?.p95].map((seconds, column) => (
              <Box component="td" key={column} ta="end">
                {seconds === undefined ? "–" : duration(seconds)}
              </Box>
            ))}
          </tr>
        ))}
      </tbody>
      <caption>{words.onlyUsed}</caption>
    </Table>
  );
}
