import { expect, test } from "vitest";
import { type Bucket, sumUp, windowOf } from "./throughput";

const bucket = (minute: number, completed: number, failed: number, p95?: number): Bucket => ({
  at: `2026-03-02T10:0${minute}:00Z`,
  completed,
  failed,
  wait_seconds: p95 === undefined ? null : { p50: p95 / 2, p95 },
  run_seconds: p95 === undefined ? null : { p50: p95, p95: p95 * 2 },
});

test("a window is summed up, with its busiest stretch and its worst percentiles", () => {
  const few = bucket(0, 1, 0, 3);
  const many = bucket(1, 4, 2, 0.5);
  expect(sumUp([few, bucket(2, 0, 0), many])).toEqual({ completed: 5, failed: 2, busiest: many, wait: 3, run: 6 });
});

test("of equally busy stretches the earlier is named", () => {
  const first = bucket(0, 2, 0, 1);
  expect(sumUp([first, bucket(1, 1, 1, 1)]).busiest).toBe(first);
});

test("where nothing ended, nothing is claimed", () => {
  expect(sumUp([bucket(0, 0, 0)])).toEqual({ completed: 0, failed: 0, busiest: null, wait: null, run: null });
});

test("runs whose times are not known count all the same", () => {
  expect(sumUp([bucket(0, 0, 3)])).toMatchObject({ failed: 3, wait: null, run: null });
});

test("an address that names no window that there is means an hour", () => {
  expect([windowOf("week"), windowOf("year"), windowOf(null)]).toEqual(["week", "hour", "hour"]);
});
