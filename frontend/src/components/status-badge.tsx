import { Badge } from "@mantine/core";
import { texts } from "@/texts";

const COLORS: Record<string, string> = {
  open: "yellow",
  pending_review: "yellow",
  degraded: "yellow",
  paused: "yellow",
  invited: "yellow",
  escalated: "yellow",
  approved: "teal",
  completed: "teal",
  healthy: "teal",
  active: "teal",
  delivered: "teal",
  queued: "blue",
  running: "blue",
  failed: "red",
  rejected: "red",
  blocked: "red",
  unhealthy: "red",
  disabled: "red",
  revoked: "red",
};

/** Where something stands, in a word with a dot: the colour alone says nothing. */
export function StatusBadge({ status, size = "md" }: { status: string; size?: "sm" | "md" | "lg" }) {
  return (
    <Badge color={COLORS[status] ?? "gray"} variant="dot" radius="sm" tt="none" size={size} fw={550}>
      {texts.statuses[status] ?? status.replaceAll("_", " ")}
    </Badge>
  );
}
