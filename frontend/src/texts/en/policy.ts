import type { components } from "@/api/schema";

type Policy = components["schemas"]["Policy"];

const plural = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** A council's policy in words: a sentence for each of its fields. */
export const policy = {
  /** So many seconds, exactly: "1 day 12 hours". */
  period: (parts: { count: number; unit: "day" | "hour" | "minute" | "second" }[]) =>
    parts.map(({ count, unit }) => plural(count, unit)).join(" "),
  list: (names: string[]) => names.join(", "),
  rule: (rule: Policy["decision_rule"]): string => {
    switch (rule.kind) {
      case "approvals":
        return rule.required === 1 ? "One approval is enough." : `${rule.required} approvals are needed.`;
      case "majority":
        return (
          `A majority decides: at least ${rule.threshold_percent}% of approvals and rejections approve, ` +
          `once ${rule.quorum_percent}% of the seats have voted.`
        );
      case "unanimous":
        return "Every seat must approve, and nobody reject.";
    }
  },
  veto: "A chair's rejection decides at once.",
  noVeto: "A chair's vote counts as everybody's.",
  voting: (period: string) => `Votes are taken for ${period}.`,
  expires: "A proposal that is undecided by then expires.",
  approves: "Silence until then approves.",
  escalates: (council: string) => `A proposal that is undecided by then goes to the council ${council}.`,
  late: (period: string) => `A quorum reached late leaves the others ${period} to answer.`,
  notLate: "A quorum reached late does not move the deadline.",
  cooling: (period: string) => `What is approved starts after ${period}, in which a veto stops it.`,
  notCooling: "What is approved starts at once.",
  validity: (period: string) => `An approval carries the retry of a failed run for ${period}.`,
  everything: "Everything is reviewed.",
  reviewed: (names: string) => `Always reviewed: ${names}.`,
  nothing: "No type is always reviewed.",
  threshold: (amount: string) => `Of the others, what saves ${amount} a week or more, or does not say, is reviewed.`,
  noThreshold: "Weekly savings make no difference to what is reviewed.",
  blocked: (names: string) => `Never run: ${names}.`,
  notBlocked: "Nothing is blocked.",
};
