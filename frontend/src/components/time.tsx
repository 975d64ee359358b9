"use client";

import { useEffect, useState } from "react";
import { LANGUAGE, texts } from "@/texts";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });

/** Now, in milliseconds since 1970, renewed every `every` milliseconds. */
export function useNow(every: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** How far a time is from now, in words. */
export function relative(time: string, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return RELATIVE.format(Math.round(seconds / length), unit);
}

/** So many seconds, in the two largest units: "2 d 3 h". */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const parts: string[] = [];
  let left = Math.round(seconds);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit === "minute" ? "min" : unit[0]}`);
  }
  return parts.join(" ");
}

/** A time, to the second, in this browser's time zone. */
export function absolute(time: string): string {
  return new Date(time).toLocaleString(LANGUAGE, { dateStyle: "medium", timeStyle: "medium" });
}

/** A time, to the second, with its distance from now on hover. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={relative(at)}>
      {absolute(at)}
    </time>
  );
}

/** How far a time is from now, kept up to date, with the time itself on hover. */
export function Ago({ at }: { at: string }) {
  const now = useNow(10_000);
  return (
    <time dateTime={at} title={absolute(at)}>
      {relative(at, now)}
    </time>
  );
}

/** How much time is left until then, kept up to date. */
export function TimeLeft({ until }: { until: string }) {
  const now = useNow(1000);
  const seconds = (new Date(until).getTime() - now) / 1000;
  return (
    <time dateTime={until} title={absolute(until)}>
      {seconds > 0 ? texts.time.left(duration(seconds)) : texts.time.over}
    </time>
  );
}
