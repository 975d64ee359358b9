import { Badge, Group, Text } from "@mantine/core";
import { IconCheck, IconClock } from "@tabler/icons-react";
import { memo } from "react";
import { type Summary, type VoteChoice, deadline, openReviews } from "../queries";
import classes from "./inbox.module.css";
import { Actor } from "@/components/actor";
import { amount } from "@/components/money";
import { absolute, duration } from "@/components/time";
import { inboxTexts, texts } from "@/texts";

/** Less time than this, in seconds, is little. */
const SOON = 3600;

type Props = {
  workflow: Summary;
  now: number;
  isSelected: boolean;
  isExpanded: boolean | undefined;
  /** The vote that is on its way. */
  choice: VoteChoice | undefined;
  onSelect: (id: string) => void;
};

/** A proposal in the list: enough to tell it from the others. */
export const Row = memo(function Row({ workflow, now, isSelected, isExpanded, choice, onSelect }: Props) {
  const until = deadline(workflow);
  const left = (new Date(until).getTime() - now) / 1000;
  const open = openReviews(workflow);
  return (
    <button
      type="button"
      id={rowId(workflow.id)}
      className={classes.row}
      data-voted={choice}
      aria-current={isSelected && isExpanded === undefined ? "true" : undefined}
      aria-expanded={isExpanded}
      onClick={() => onSelect(workflow.id)}
    >
      <Group justify="space-between" wrap="nowrap" gap="xs" align="start">
        <Text fw={600} size="sm" className={classes.name}>
          {workflow.workflow_type.name}
        </Text>
        {choice ? (
          <Badge variant="light" color="teal" tt="none" leftSection={<IconCheck size={12} aria-hidden />}>
            {inboxTexts.chosen[choice]}
          </Badge>
        ) : (
          <Text
            size="xs"
            className={classes.left}
            c={left < SOON ? "var(--mantine-color-error)" : "dimmed"}
            fw={left < SOON ? 600 : 400}
            title={absolute(until)}
          >
            <IconClock size={12} aria-hidden /> {left > 0 ? texts.time.left(duration(left)) : texts.time.over}
          </Text>
        )}
      </Group>
      {workflow.reason && (
        <Text size="sm" lineClamp={1} ta="start">
          {workflow.reason}
        </Text>
      )}
      <Group gap={8} c="dimmed" justify="space-between" wrap="nowrap">
        <Actor of={workflow.proposed_by} isShort />
        <Text size="xs" truncate style={{ flexShrink: 0, maxWidth: "60%" }}>
          {open.map(({ council_name }) => council_name).join(", ")}
          {workflow.weekly_savings && ` · ${inboxTexts.worth(amount(workflow.weekly_savings))}`}
        </Text>
      </Group>
      {open.some(({ step }) => step) && (
        <Badge size="sm" variant="light" tt="none" mt={4}>
          {inboxTexts.questionShort}
        </Badge>
      )}
      {open.some(({ kind }) => kind === "ratification") && (
        <Badge size="sm" variant="light" color="yellow" tt="none" mt={4}>
          {inboxTexts.ratificationShort}
        </Badge>
      )}
    </button>
  );
});

export const rowId = (workflow: string) => `proposal-${workflow}`;
