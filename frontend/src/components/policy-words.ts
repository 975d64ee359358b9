import { amount } from "./money";
import type { components } from "@/api/schema";
import { policyTexts } from "@/texts";

type Policy = components["schemas"]["Policy"];
export type PolicyField = keyof Policy;
/** What a policy says about one thing; `usual` where it is as good as unsaid. */
type Said = { field: PolicyField; sentence: string; usual: boolean };

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** What a policy says that does not say it. */
export const UNSAID = {
  voting_period_seconds: 259_200,
  approval_valid_seconds: 604_800,
  review_actions: ["*"],
} as const;

/** So many seconds in words, exactly. */
export function periodInWords(seconds: number): string {
  const parts = [];
  let left = seconds;
  for (const [unit, length] of UNITS) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) parts.push({ count, unit });
  }
  return policyTexts.period(parts.length > 0 ? parts : [{ count: 0, unit: "second" }]);
}

/** What a policy says, field by field. */
function said(policy: Policy): Said[] {
  const late = policy.late_quorum_extension_seconds ?? 0;
  const cooling = policy.cooling_off_seconds ?? 0;
  const validity = policy.approval_valid_seconds ?? UNSAID.approval_valid_seconds;
  const reviewed = policy.review_actions ?? [...UNSAID.review_actions];
  const threshold = policy.review_threshold_weekly_savings;
  const blocked = policy.blocked_action_types ?? [];
  const words = policyTexts;
  const reviewsAll = reviewed.includes("*");
  return [
    { field: "decision_rule", sentence: words.rule(policy.decision_rule), usual: false },
    { field: "chair_veto", sentence: policy.chair_veto ? words.veto : words.noVeto, usual: !policy.chair_veto },
    {
      field: "voting_period_seconds",
      sentence: words.voting(periodInWords(policy.voting_period_seconds ?? UNSAID.voting_period_seconds)),
      usual: false,
    },
    { field: "on_expiry", sentence: silence(policy), usual: false },
    {
      field: "late_quorum_extension_seconds",
      sentence: late ? words.late(periodInWords(late)) : words.notLate,
      usual: !late,
    },
    {
      field: "cooling_off_seconds",
      sentence: cooling ? words.cooling(periodInWords(cooling)) : words.notCooling,
      usual: !cooling,
    },
    {
      field: "approval_valid_seconds",
      sentence: words.validity(periodInWords(validity)),
      usual: validity === UNSAID.approval_valid_seconds,
    },
    { field: "review_actions", sentence: reviews(reviewed), usual: false },
    {
      field: "review_threshold_weekly_savings",
      sentence: threshold ? words.threshold(amount(threshold)) : words.noThreshold,
      usual: !threshold || reviewsAll,
    },
    {
      field: "blocked_action_types",
      sentence: blocked.length > 0 ? words.blocked(words.list(blocked)) : words.notBlocked,
      usual: blocked.length === 0,
    },
  ];
}

function silence({ on_expiry, escalate_to }: Policy): string {
  if (on_expiry === "approve") return policyTexts.approves;
  return on_expiry === "escalate" ? policyTexts.escalates(escalate_to ?? "") : policyTexts.expires;
}

function reviews(patterns: string[]): string {
  if (patterns.includes("*")) return policyTexts.everything;
  return patterns.length > 0 ? policyTexts.reviewed(policyTexts.list(patterns)) : policyTexts.nothing;
}

/** A policy, one sentence a rule; rules that are as usual are left out. */
export function inWords(policy: Policy): string[] {
  return said(policy)
    .filter(({ usual }) => !usual)
    .map(({ sentence }) => sentence);
}

/** What an overview of councils says of a policy. */
const IN_SHORT: PolicyField[] = ["decision_rule", "review_actions", "blocked_action_types"];

/** What a policy says about a few things, in a sentence or two: whom it asks and what decides, when nothing else is wanted. */
export function inShort(policy: Policy, wanted = IN_SHORT): string {
  return said(policy)
    .filter(({ field, usual }) => !usual && wanted.includes(field))
    .map(({ sentence }) => sentence)
    .join(" ");
}

/** What two policies say differently: the sentence before, and the one after. */
export function differences(before: Policy, after: Policy): { field: PolicyField; before: string; after: string }[] {
  const then = said(before);
  return said(after).flatMap(({ field, sentence }) => {
    const was = then.find((one) => one.field === field)?.sentence ?? "";
    return was === sentence ? [] : [{ field, before: was, after: sentence }];
  });
}
