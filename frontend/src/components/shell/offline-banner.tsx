import { Alert, Button, Group, Text } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useNow } from "@/components/time";
import { useLive } from "@/api/live";
import { texts } from "@/texts";

/** Says that what is seen may be old, and when that is tried to be mended. */
export function OfflineBanner() {
  const live = useLive();
  const now = useNow(1000);
  if (live.is !== "offline") return null;
  const seconds = Math.max(0, Math.ceil((live.retryAt - now) / 1000));
  return (
    <Alert color="red" variant="light" mb="md" py="xs" icon={<IconPlugConnectedX aria-hidden />} role="alert">
      <Group justify="space-between" gap="xs">
        <Text size="sm">
          {texts.live.banner} <span aria-hidden>{texts.live.retrying(seconds)}</span>
        </Text>
        <Button size="compact-sm" variant="default" onClick={live.reconnect}>
          {texts.live.now}
        </Button>
      </Group>
    </Alert>
  );
}
