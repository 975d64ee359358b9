import { Card, Group, Text } from "@mantine/core";
import { useStatus } from "../../health/queries";
import classes from "../jobs.module.css";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { jobTexts } from "@/texts";

const words = jobTexts.workers;

/** How many instances of each service are ready. */
export function Ready() {
  const status = useStatus();
  return (
    <Section title={words.ready}>
      <Loaded query={status}>
        {({ services }) => (
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
                  {words.readyOf(ready, instances)}
                </Text>
              </Card>
            ))}
          </div>
        )}
      </Loaded>
    </Section>
  );
}
