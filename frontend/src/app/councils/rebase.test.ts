import { expect, test } from "vitest";
import { rebase } from "./rebase";

const BEFORE = { name: "Web", purpose: "", voting: { count: 3, unit: "day" } };

test("what was typed stays, and what was not is as it is now", () => {
  const typed = { ...BEFORE, purpose: "Pages" };
  const now = { name: "Web team", purpose: "Sites", voting: { count: 1, unit: "hour" } };
  expect(rebase(typed, BEFORE, now)).toEqual({ ...now, purpose: "Pages" });
});

test("a field that looks the same was not typed in", () => {
  const now = { ...BEFORE, voting: { count: 5, unit: "day" } };
  expect(rebase({ ...BEFORE, voting: { count: 3, unit: "day" } }, BEFORE, now)).toEqual(now);
});
