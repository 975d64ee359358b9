import "@mantine/charts/styles.css";
import { BarChart, LineChart } from "@mantine/charts";
import { Title } from "@mantine/core";
import type { Bucket, Window } from "./throughput";
import { LANGUAGE, jobTexts } from "@/texts";

const words = jobTexts.throughput;

/** How a stretch is called below the charts. */
function labelOf(at: string, window: Window): string {
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  return new Date(at).toLocaleString(LANGUAGE, window === "week" ? { weekday: "short", ...time } : time);
}

type Props = { buckets: Bucket[]; window: Window };

/** Draws what ended, and how long it waited and took. What is drawn is told by the sentence above and by the table. */
export default function Charts({ buckets, window }: Props) {
  const data = buckets.map(({ at, completed, failed, wait_seconds, run_seconds }) => ({
    at: labelOf(at, window),
    completed,
    failed,
    waitMedian: wait_seconds?.p50 ?? null,
    waitMost: wait_seconds?.p95 ?? null,
    runMedian: run_seconds?.p50 ?? null,
    runMost: run_seconds?.p95 ?? null,
  }));
  return (
    <>
      <Title order={3} size="h6">
        {words.ended}
      </Title>
      <div role="img" aria-label={words.ended}>
        <BarChart
          h={180}
          data={data}
          dataKey="at"
          type="stacked"
          withLegend
          yAxisProps={{ allowDecimals: false, width: 36 }}
          barChartProps={{ accessibilityLayer: false }}
          series={[
            { name: "completed", label: words.completed, color: "teal.6" },
            { name: "failed", label: words.failed, color: "red.6" },
          ]}
        />
      </div>
      <Title order={3} size="h6">
        {words.times}
      </Title>
      <div role="img" aria-label={words.times}>
        <LineChart
          h={220}
          data={data}
          dataKey="at"
          withLegend
          connectNulls={false}
          curveType="linear"
          dotProps={{ r: 2 }}
          yAxisProps={{ width: 48 }}
          lineChartProps={{ accessibilityLayer: false }}
          valueFormatter={(seconds) => `${seconds.toLocaleString(LANGUAGE, { maximumFractionDigits: 2 })} s`}
          series={[
            { name: "waitMedian", label: words.waitMedian, color: "blue.4" },
            { name: "waitMost", label: words.waitMost, color: "blue.7", strokeDasharray: "5 4" },
            { name: "runMedian", label: words.runMedian, color: "orange.5" },
            { name: "runMost", label: words.runMost, color: "orange.8", strokeDasharray: "5 4" },
          ]}
        />
      </div>
    </>
  );
}
