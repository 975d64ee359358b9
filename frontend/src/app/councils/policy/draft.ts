import type { Policy } from "../queries";
import { UNSAID } from "@/components/policy-words";
import { councilTexts } from "@/texts";

const LENGTHS = { minute: 60, hour: 3_600, day: 86_400 };
export type Unit = keyof typeof LENGTHS;
/** A time as people write it; the count is a text while it is no number. */
export type Period = { count: number | string; unit: Unit };
export type Kind = Policy["decision_rule"]["kind"];
/** A policy while it is typed. */
export type Draft = {
  kind: Kind;
  required: number | string;
  quorum: number | string;
  threshold: number | string;
  veto: boolean;
  voting: Period;
  expiry: NonNullable<Policy["on_expiry"]>;
  escalateTo: string;
  late: Period;
  cooling: Period;
  validity: Period;
  /** Patterns, one a line. */
  review: string;
  amount: string;
  blocked: string;
};
/** What is wrong, by the field's place in the policy, such as `decision_rule.required`. */
export type Errors = Record<string, string>;

const PATTERN = /^(?:\*|[a-z0-9_.]{1,100}(?:\.\*)?)$/;
const AMOUNT = /^\d{1,12}(?:\.\d{1,2})?$/;
const DAY = LENGTHS.day;

/** The largest unit in which a time is a whole number; the API counts in seconds, nobody else does. */
export function toPeriod(seconds: number): Period {
  const units: Unit[] = ["day", "hour", "minute"];
  const unit = (seconds > 0 && units.find((one) => seconds % LENGTHS[one] === 0)) || (seconds > 0 ? "minute" : "hour");
  return { count: seconds / LENGTHS[unit], unit };
}

const toSeconds = ({ count, unit }: Period) => Math.round(Number(count) * LENGTHS[unit]);

export const toPatterns = (text: string) => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

/** What a new council's policy begins with. */
export const FIRST: Policy = { decision_rule: { kind: "approvals", required: 1 } };

export function toDraft(policy: Policy): Draft {
  const rule = policy.decision_rule;
  return {
    kind: rule.kind,
    required: rule.kind === "approvals" ? rule.required : 1,
    quorum: rule.kind === "majority" ? rule.quorum_percent : 50,
    threshold: rule.kind === "majority" ? rule.threshold_percent : 50,
    veto: policy.chair_veto ?? false,
    voting: toPeriod(policy.voting_period_seconds ?? UNSAID.voting_period_seconds),
    expiry: policy.on_expiry ?? "reject",
    escalateTo: policy.escalate_to ?? "",
    late: toPeriod(policy.late_quorum_extension_seconds ?? 0),
    cooling: toPeriod(policy.cooling_off_seconds ?? 0),
    validity: toPeriod(policy.approval_valid_seconds ?? UNSAID.approval_valid_seconds),
    review: (policy.review_actions ?? UNSAID.review_actions).join("\n"),
    amount: policy.review_threshold_weekly_savings ?? "",
    blocked: (policy.blocked_action_types ?? []).join("\n"),
  };
}

export function toPolicy(draft: Draft): Policy {
  return {
    decision_rule: toRule(draft),
    chair_veto: draft.veto,
    voting_period_seconds: toSeconds(draft.voting),
    on_expiry: draft.expiry,
    escalate_to: draft.expiry === "escalate" ? draft.escalateTo : null,
    late_quorum_extension_seconds: toSeconds(draft.late),
    cooling_off_seconds: toSeconds(draft.cooling),
    approval_valid_seconds: toSeconds(draft.validity),
    review_actions: toPatterns(draft.review),
    review_threshold_weekly_savings: draft.amount.trim() || null,
    blocked_action_types: toPatterns(draft.blocked),
  };
}

function toRule({ kind, required, quorum, threshold }: Draft): Policy["decision_rule"] {
  switch (kind) {
    case "approvals":
      return { kind, required: Number(required) };
    case "majority":
      return { kind, quorum_percent: Number(quorum), threshold_percent: Number(threshold) };
    case "unanimous":
      return { kind };
  }
}

/** What is evidently wrong, before the API is asked: it would refuse the same. */
export function faultsOf(draft: Draft, seats: number): Errors {
  const words = councilTexts.editor.errors;
  const errors: Errors = {};
  if (draft.kind === "approvals" && !isWhole(draft.required, 1, seats)) {
    errors["decision_rule.required"] = seats === 0 ? words.noSeats : words.required(seats);
  }
  if (draft.kind === "majority") {
    if (!isWhole(draft.quorum, 1, 100)) errors["decision_rule.quorum_percent"] = words.percent;
    if (!isWhole(draft.threshold, 1, 100)) errors["decision_rule.threshold_percent"] = words.percent;
  }
  const { minute, hour, day } = SPANS;
  check("voting_period_seconds", draft.voting, 60, 90 * DAY, words.period(minute, day(90)));
  check("late_quorum_extension_seconds", draft.late, 0, 7 * DAY, words.period("0", day(7)));
  check("cooling_off_seconds", draft.cooling, 0, 30 * DAY, words.period("0", day(30)));
  check("approval_valid_seconds", draft.validity, 3600, 90 * DAY, words.period(hour, day(90)));
  if (draft.expiry === "escalate" && !draft.escalateTo) errors["escalate_to"] = words.escalate;
  if (draft.amount.trim() && !AMOUNT.test(draft.amount.trim())) {
    errors["review_threshold_weekly_savings"] = words.amount;
  }
  for (const [field, text] of [["review_actions", draft.review], ["blocked_action_types", draft.blocked]] as const) {
    const bad = toPatterns(text).find((pattern) => !PATTERN.test(pattern));
    if (bad) errors[field] = words.pattern(bad);
  }
  return errors;

  function check(field: string, period: Period, least: number, most: number, sentence: string) {
    const seconds = period.count === "" ? NaN : toSeconds(period);
    if (!(seconds >= least && seconds <= most)) errors[field] = sentence;
  }
}

const SPANS = councilTexts.editor.spans;

function isWhole(value: number | string, least: number, most: number): boolean {
  const number = value === "" ? NaN : Number(value);
  return Number.isInteger(number) && number >= least && number <= most;
}
