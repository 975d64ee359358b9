import { Text } from "@mantine/core";
import type { Schedule } from "./queries";
import { Ago } from "@/components/time";
import { LANGUAGE, jobTexts } from "@/texts";

const words = jobTexts.schedules;

/** When a schedule is due next, if it is. */
export function Next({ of: { state, next_times } }: { of: Schedule }) {
  const [next] = next_times;
  return (
    <Text size="sm" span c={next ? undefined : "dimmed"}>
      {next ? <Ago at={next.utc} /> : state === "paused" ? words.pausedNext : words.never}
    </Text>
  );
}

/** A time as a clock there shows it, however far it is from UTC: `2026-03-01T09:00:00+01:00` is nine o'clock. */
export function onClocks(local: string): string {
  return new Date(`${local.slice(0, 19)}Z`).toLocaleString(LANGUAGE, {
    timeZone: "UTC",
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
}
