import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconPlugConnectedX } from "@tabler/icons-react";
import type { Status } from "./queries";
import { Time } from "@/components/time";
import { healthTexts as words } from "@/texts";

const LOOKS = {
  healthy: { color: "teal", icon: IconCircleCheck },
  degraded: { color: "yellow", icon: IconAlertTriangle },
  unhealthy: { color: "red", icon: IconCircleX },
};

/** How the whole is, in a sentence, and since when that is known. */
export function Overall({ status: { status, checked_at, version }, isOld }: { status: Status; isOld: boolean }) {
  const { color, icon: Icon } = LOOKS[status];
  return (
    <Alert
      color={isOld ? "gray" : color}
      icon={<Icon aria-hidden />}
      title={isOld ? `${words.lastKnown}: ${words.overall[status]}` : words.overall[status]}
      role="status"
    >
      {!isOld && <Text size="sm">{words.hints[status]}</Text>}
      <Text size="sm" c="dimmed" mt={4} aria-live="off">
        {words.checked} <Time at={checked_at} /> · {words.version(version)}
      </Text>
    </Alert>
  );
}

type Props = { lastKnown: string | null; isFetching: boolean; refresh: () => void };

/** Says that nobody tells how things are: what is shown besides is what was known. */
export function Unknown({ lastKnown, isFetching, refresh }: Props) {
  return (
    <Alert
      color="red"
      role="alert"
      icon={<IconPlugConnectedX aria-hidden />}
      title={lastKnown ? words.stale : words.unknown}
    >
      <Text size="sm">{lastKnown ? words.staleHint : words.unknownHint}</Text>
      <Group mt="sm" gap="sm">
        <Button size="xs" variant="default" onClick={refresh} loading={isFetching}>
          {words.refresh}
        </Button>
        {lastKnown && (
          <Text size="sm" c="dimmed">
            {words.lastKnown}: <Time at={lastKnown} />
          </Text>
        )}
      </Group>
    </Alert>
  );
}
