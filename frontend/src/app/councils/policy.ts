import type { components } from "@/api/schema";

type Policy = components["schemas"]["Policy"];

/** A policy, one sentence a rule. */
export function inWords(policy: Policy): string[] {
  const sentences = [rule(policy.decision_rule), `Votes are taken for ${duration(policy.voting_period_seconds ?? 0)}.`];
  sentences.push(
    policy.on_expiry === "approve" ? "Silence until then approves." : "A proposal that is undecided by then expires.",
  );
  if (policy.chair_veto) sentences.push("A chair's rejection decides.");
  if (policy.cooling_off_seconds) {
    sentences.push(`What is approved starts after ${duration(policy.cooling_off_seconds)}.`);
  }
  const reviewed = policy.review_actions ?? [];
  sentences.push(reviewed.includes("*") ? "Everything is reviewed." : `Always reviewed: ${reviewed.join(", ") || "nothing"}.`);
  if (policy.review_threshold_weekly_savings) {
    sentences.push(`Proposals worth ${policy.review_threshold_weekly_savings} a week or more are reviewed.`);
  }
  const blocked = policy.blocked_action_types ?? [];
  if (blocked.length > 0) sentences.push(`Never run: ${blocked.join(", ")}.`);
  return sentences;
}

function rule(rule: Policy["decision_rule"]): string {
  switch (rule.kind) {
    case "approvals":
      return rule.required === 1 ? "One approval is enough." : `${rule.required} approvals are needed.`;
    case "majority":
      return `A majority of at least ${rule.threshold_percent}% decides, once ${rule.quorum_percent}% of the seats have voted.`;
    case "unanimous":
      return "Every seat must approve.";
  }
}

function duration(seconds: number): string {
  const units: [string, number][] = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
    ["second", 1],
  ];
  const [name, size] = units.find(([, length]) => seconds >= length) ?? ["second", 1];
  const count = Math.round(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
