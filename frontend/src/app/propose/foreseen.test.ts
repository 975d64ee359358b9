import { expect, test } from "vitest";
import { moneyOf, recordOf, sentenceOf } from "./foreseen";
import { proposeTexts } from "@/texts";

test.each([
  ["", null],
  ["  ", null],
  ["1200", "1200"],
  ["12,50", "12.50"],
  ["1 200.5", "1200.5"],
  ["1'200.50", "1200.50"],
  ["1.234", undefined],
  ["1,200.50", undefined],
  ["-3", undefined],
  ["a lot", undefined],
])("%j is the amount %j", (typed, amount) => {
  expect(moneyOf(typed)).toBe(amount);
});

test("the record of a refusal is found in its words", () => {
  const id = "01a21a92-2aa9-72c7-8d1c-8839eaac30b3";
  expect(recordOf(`blocked by policy; see workflow ${id}`)).toBe(id);
  expect(recordOf("blocked by policy")).toBeNull();
});

test("an amount that was not said is told apart from one above the threshold", () => {
  const finding = { because: "value_reviewed", council_id: "web", policy_version: 1, outcome: "review", threshold: "500.00" } as const;
  expect(sentenceOf({ ...finding, weekly_savings: "800.00" })).toBe(proposeTexts.because.value_reviewed("500"));
  expect(sentenceOf({ ...finding, weekly_savings: null })).toBe(proposeTexts.because.value_unknown("500"));
});
