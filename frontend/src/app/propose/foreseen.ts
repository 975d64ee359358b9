import type { Foreseen } from "./queries";
import { amount } from "@/components/money";
import { proposeTexts } from "@/texts";

type Finding = Foreseen["findings"][number];

/** What a council's policy says to a proposal, in a sentence. */
export function sentenceOf(finding: Finding): string {
  const words = proposeTexts.because;
  switch (finding.because) {
    case "type_blocked":
    case "type_reviewed":
      return words[finding.because](finding.pattern);
    case "value_reviewed":
      return (finding.weekly_savings ? words.value_reviewed : words.value_unknown)(amount(finding.threshold));
    case "nobody_responsible":
    case "is_mandate":
    case "not_asked":
      return words[finding.because];
  }
}

const MONEY = /^\d{1,12}(\.\d{1,2})?$/;

/** The amount that was typed, as the API takes it; null where there is none, undefined where it is none. */
export function moneyOf(typed: string): string | null | undefined {
  const text = typed.trim().replaceAll(/[\s']/g, "").replace(",", ".");
  if (text === "") return null;
  return MONEY.test(text) ? text : undefined;
}

/** The record of a proposal that was blocked, which its refusal names. */
export const recordOf = (message: string) => /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(message)?.[0] ?? null;
