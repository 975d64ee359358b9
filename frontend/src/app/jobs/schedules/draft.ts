import type { Missed, NewSchedule, Schedule } from "./queries";
import { moneyOf } from "../../propose/foreseen";
import type { Free } from "@/components/schema-form";

/** What is typed into the form of a schedule. */
export type Draft = {
  name: string;
  cron: string;
  zone: string;
  type: string;
  missed: Missed;
  reason: string;
  savings: string;
};

/** What the form begins with: what the schedule says, or what most say. */
export function draftOf(from: Schedule | null): Draft {
  return {
    name: from?.name ?? "",
    cron: from?.cron ?? "0 9 * * MON",
    zone: from?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    type: from?.workflow_type ?? "",
    missed: from?.missed ?? "skip",
    reason: from?.reason ?? "",
    savings: from?.weekly_savings ?? "",
  };
}

/** What is sent of it; null while the savings are no amount. */
export function bodyOf(draft: Draft, inputs: Free): NewSchedule | null {
  const savings = moneyOf(draft.savings);
  if (savings === undefined) return null;
  return {
    name: draft.name.trim(),
    cron: draft.cron.trim(),
    time_zone: draft.zone.trim(),
    workflow_type: draft.type,
    missed: draft.missed,
    inputs: inputs as Record<string, never>,
    reason: draft.reason.trim() || null,
    weekly_savings: savings,
  };
}

/** The five fields of a cron pattern; null where there are not five. */
export function partsOf(cron: string): string[] | null {
  const parts = cron.trim().split(/\s+/);
  return parts.length === 5 ? parts : null;
}
