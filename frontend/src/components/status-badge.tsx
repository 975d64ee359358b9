import { Badge } from "@mantine/core";

const COLORS: Record<string, string> = {
  open: "yellow.8",
  pending_review: "yellow.8",
  approved: "teal.8",
  completed: "teal.8",
  queued: "blue.7",
  running: "blue.7",
  pending: "gray.7",
  failed: "red.8",
  rejected: "red.8",
  blocked: "red.8",
};

/** Where something stands, in a word. */
export function StatusBadge({ status }: { status: string }) {
  return (
    <Badge color={COLORS[status] ?? "gray.7"} radius="sm" tt="none">
      {status.replaceAll("_", " ")}
    </Badge>
  );
}
