import { expect, test } from "vitest";
import { differences, inShort, inWords, periodInWords } from "./policy-words";

const BASE = { decision_rule: { kind: "approvals", required: 2 } } as const;

test("a period is said exactly", () => {
  expect(periodInWords(129_600)).toBe("1 day 12 hours");
  expect(periodInWords(60)).toBe("1 minute");
  expect(periodInWords(0)).toBe("0 seconds");
});

test("what a policy leaves out is said as it counts", () => {
  expect(inWords(BASE)).toEqual([
    "2 approvals are needed.",
    "Votes are taken for 3 days.",
    "A proposal that is undecided by then expires.",
    "Everything is reviewed.",
  ]);
});

test("every field that is not as usual has its sentence", () => {
  expect(
    inWords({
      decision_rule: { kind: "majority", quorum_percent: 50, threshold_percent: 66 },
      chair_veto: true,
      voting_period_seconds: 3600,
      on_expiry: "escalate",
      escalate_to: "governance",
      late_quorum_extension_seconds: 600,
      cooling_off_seconds: 7200,
      approval_valid_seconds: 86_400,
      review_actions: ["web.*"],
      review_threshold_weekly_savings: "1500.00",
      blocked_action_types: ["web.drop"],
    }),
  ).toHaveLength(10);
});

test("the short form tells what decides, what is reviewed and what never runs", () => {
  expect(inShort({ ...BASE, review_actions: [], blocked_action_types: ["web.drop"] })).toBe(
    "2 approvals are needed. No type is always reviewed. Never run: web.drop.",
  );
});

test("the short form tells of other things where those are wanted", () => {
  expect(inShort({ ...BASE, chair_veto: true }, ["chair_veto", "on_expiry", "cooling_off_seconds"])).toBe(
    "A chair's rejection decides at once. A proposal that is undecided by then expires.",
  );
});

test("only what differs is a difference, and what is said anew as it was is none", () => {
  expect(differences(BASE, { ...BASE, voting_period_seconds: 259_200, on_expiry: "reject" })).toEqual([]);
  expect(differences(BASE, { ...BASE, chair_veto: true })).toEqual([
    {
      field: "chair_veto",
      before: "A chair's vote counts as everybody's.",
      after: "A chair's rejection decides at once.",
    },
  ]);
});
