import { expect, test } from "vitest";
import { FIRST, faultsOf, toDraft, toPeriod, toPolicy } from "./draft";
import type { Policy } from "../queries";

const WHOLE: Policy = {
  decision_rule: { kind: "majority", quorum_percent: 60, threshold_percent: 66 },
  chair_veto: true,
  voting_period_seconds: 5400,
  on_expiry: "escalate",
  escalate_to: "governance",
  late_quorum_extension_seconds: 600,
  cooling_off_seconds: 7200,
  approval_valid_seconds: 86_400,
  review_actions: ["web.*", "shop.refund"],
  review_threshold_weekly_savings: "1500.00",
  blocked_action_types: ["web.drop"],
};

test("a policy that is not touched stays as it was", () => {
  expect(toPolicy(toDraft(WHOLE))).toEqual(WHOLE);
});

test("times stand in the largest unit that they are whole in", () => {
  expect(toPeriod(172_800)).toEqual({ count: 2, unit: "day" });
  expect(toPeriod(5400)).toEqual({ count: 90, unit: "minute" });
  expect(toPeriod(0)).toEqual({ count: 0, unit: "hour" });
});

test("seconds that are no whole minutes survive", () => {
  expect(toPolicy(toDraft({ ...WHOLE, cooling_off_seconds: 100 })).cooling_off_seconds).toBe(100);
});

test("more approvals than seats are told before they are sent", () => {
  const draft = { ...toDraft(FIRST), required: 3 };
  expect(faultsOf(draft, 2)).toHaveProperty(["decision_rule.required"]);
  expect(faultsOf(draft, 3)).toEqual({});
});

test.each([
  ["voting_period_seconds", { voting: { count: 91, unit: "day" } }],
  ["voting_period_seconds", { voting: { count: "", unit: "day" } }],
  ["late_quorum_extension_seconds", { late: { count: 8, unit: "day" } }],
  ["cooling_off_seconds", { cooling: { count: 31, unit: "day" } }],
  ["approval_valid_seconds", { validity: { count: 59, unit: "minute" } }],
  ["escalate_to", { expiry: "escalate", escalateTo: "" }],
  ["review_threshold_weekly_savings", { amount: "12.345" }],
  ["review_actions", { review: "web.*\nWeb Pages" }],
  ["blocked_action_types", { blocked: "web*" }],
] as const)("what is wrong with %s is told there", (field, change) => {
  expect(Object.keys(faultsOf({ ...toDraft(FIRST), ...change }, 1))).toEqual([field]);
});
