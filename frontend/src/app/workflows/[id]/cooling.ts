import type { Detail } from "../queries";

/** Until when an approved workflow cools off; null where it doesn't. */
export function coolsUntil({ status, timeline }: Pick<Detail, "status" | "timeline">): string | null {
  if (status !== "approved") return null;
  const approval = timeline.findLast(({ event }) => event === "approved");
  const { cooling_off_seconds: seconds } = (approval?.detail ?? {}) as { cooling_off_seconds?: number };
  return approval && seconds ? new Date(Date.parse(approval.at) + 1000 * seconds).toISOString() : null;
}
