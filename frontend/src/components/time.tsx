const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** How far a time is from now, in words. */
export function relative(time: string): string {
  const seconds = (new Date(time).getTime() - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / length), unit);
}

/** A time, to the second, with its distance from now on hover. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={relative(at)}>
      {new Date(at).toLocaleString("en-GB")}
    </time>
  );
}
