import { Anchor, Badge, Text } from "@mantine/core";
import { IconCalendarClock } from "@tabler/icons-react";
import type { ComponentProps } from "react";
import type { Run } from "../queries";
import { Empty } from "@/components/empty";
import { Link } from "@/components/link";
import { type Column, Rows } from "@/components/rows";
import { Section } from "@/components/section";
import { Time } from "@/components/time";
import { jobTexts } from "@/texts";

const words = jobTexts.schedules;

const COLORS = { proposed: "teal", blocked: "red", refused: "red", missed: "yellow" };

const COLUMNS: Column<Run>[] = [
  {
    label: words.dueAt,
    width: "13rem",
    cell: ({ due_at }) => (
      <Text size="sm" span>
        <Time at={due_at} />
      </Text>
    ),
  },
  {
    label: words.outcome,
    width: "minmax(0, 2fr)",
    isPlain: true,
    cell: ({ outcome, problem }) => (
      <>
        <Badge color={COLORS[outcome]} variant="dot" radius="sm" tt="none" fw={550}>
          {words.outcomes[outcome]}
        </Badge>
        {problem && (
          <Text size="xs" c="dimmed" mt={2}>
            {problem}
          </Text>
        )}
      </>
    ),
  },
  {
    label: words.workflow,
    width: "minmax(0, 1fr)",
    isEnd: true,
    cell: ({ workflow_id }) =>
      workflow_id ? (
        <Anchor component={Link} href={`/workflows/${workflow_id}`} size="sm">
          {words.open}
        </Anchor>
      ) : (
        <Text size="sm" span>
          –
        </Text>
      ),
  },
];

/** What came of each time that was due. */
export function Runs({ runs, more }: { runs: Run[]; more: NonNullable<ComponentProps<typeof Rows>["more"]> }) {
  return (
    <Section title={words.runs}>
      {runs.length === 0 ? (
        <Empty icon={IconCalendarClock} title={words.runsNone} hint={words.runsNoneHint} />
      ) : (
        <Rows label={words.runs} columns={COLUMNS} rows={runs} keyOf={({ due_at }) => due_at} more={more} />
      )}
    </Section>
  );
}
