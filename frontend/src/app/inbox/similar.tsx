import { Anchor, Group, Skeleton, Text } from "@mantine/core";
import type { Summary } from "../queries";
import { useSimilar } from "./queries";
import classes from "./inbox.module.css";
import { Link } from "@/components/link";
import { amount } from "@/components/money";
import { StatusBadge } from "@/components/status-badge";
import { Ago } from "@/components/time";
import { inboxTexts } from "@/texts";

/** What was decided about workflows of the same type before. */
export function Similar({ workflow }: { workflow: Summary }) {
  const similar = useSimilar(workflow);
  if (!similar) return <Skeleton height={18} width="60%" />;
  if (similar.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {inboxTexts.similarNone}
      </Text>
    );
  }
  return (
    <ul className={classes.plain}>
      {similar.map((one) => (
        <li key={one.id}>
          <Group gap={8}>
            <StatusBadge status={one.status} size="sm" />
            <Anchor component={Link} href={`/workflows/${one.id}`} size="sm">
              {one.reason ?? one.workflow_type.name}
            </Anchor>
            <Text size="xs" c="dimmed">
              {one.proposed_by.name}, <Ago at={one.decided_at ?? one.created_at} />
              {one.weekly_savings && `, ${inboxTexts.similarSaves(amount(one.weekly_savings))}`}
            </Text>
          </Group>
        </li>
      ))}
    </ul>
  );
}
