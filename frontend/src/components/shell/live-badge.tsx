import { Badge } from "@mantine/core";
import { useLive } from "@/api/live";
import { texts } from "@/texts";

const COLORS = { live: "teal.8", connecting: "gray.7", offline: "red.8" } as const;

/** Whether what is seen follows what happens. */
export function LiveBadge() {
  const { is } = useLive();
  return (
    <Badge
      color={COLORS[is]}
      variant="dot"
      tt="none"
      role="status"
      title={is === "live" ? texts.live.liveHint : texts.live.banner}
      data-testid="live"
    >
      {texts.live[is]}
    </Badge>
  );
}
