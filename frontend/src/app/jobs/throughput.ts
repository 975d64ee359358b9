import type { components } from "@/api/schema";

/** How far back is looked. */
export type Window = "hour" | "day" | "week";

export const WINDOWS: Window[] = ["hour", "day", "week"];

type Seconds = components["schemas"]["Seconds"];

/** The runs that ended in a stretch of time. */
export type Bucket = components["schemas"]["Bucket"];

export type Throughput = components["schemas"]["Throughput"];

export type Summed = {
  completed: number;
  failed: number;
  /** The stretch in which most ended; null when none did. */
  busiest: Bucket | null;
  /** The longest that all but a twentieth of a stretch waited and took, in seconds; null where none is known. */
  wait: number | null;
  run: number | null;
};

/** The window that an address names; an hour when it names none. */
export function windowOf(named: string | null): Window {
  return WINDOWS.find((window) => window === named) ?? "hour";
}

const endedIn = ({ completed, failed }: Bucket) => completed + failed;

/** What can be said of a window in a sentence. Percentiles of stretches can't be added up: the worst of them is told. */
export function sumUp(buckets: Bucket[]): Summed {
  const used = buckets.filter((bucket) => endedIn(bucket) > 0);
  const worst = (of: (bucket: Bucket) => Seconds | null | undefined) =>
    used.reduce<number | null>((most, bucket) => {
      const here = of(bucket)?.p95;
      return here === undefined ? most : Math.max(most ?? 0, here);
    }, null);
  return {
    completed: used.reduce((sum, { completed }) => sum + completed, 0),
    failed: used.reduce((sum, { failed }) => sum + failed, 0),
    busiest: used.reduce<Bucket | null>((most, one) => (most && endedIn(most) >= endedIn(one) ? most : one), null),
    wait: worst(({ wait_seconds }) => wait_seconds),
    run: worst(({ run_seconds }) => run_seconds),
  };
}
