import { Card, Group, Text } from "@mantine/core";
import type { Status } from "./queries";
import classes from "../jobs/jobs.module.css";
import { StatusBadge } from "@/components/status-badge";

type Props = Pick<Status, "services"> & {
  /** Says how many instances of how many are ready. */
  say: (ready: number, of: number) => string;
};

/** Each service, how it is, and how many of its instances are ready. */
export function ServiceCards({ services, say }: Props) {
  return (
    <div className={classes.cards}>
      {services.map(({ service, status, ready, instances }) => (
        <Card withBorder padding="sm" key={service} component="article" aria-label={service}>
          <Group justify="space-between" gap="xs">
            <Text fw={550} size="sm">
              {service}
            </Text>
            <StatusBadge status={status} size="sm" />
          </Group>
          <Text size="sm" c="dimmed" mt={4}>
            {say(ready, instances)}
          </Text>
        </Card>
      ))}
    </div>
  );
}
