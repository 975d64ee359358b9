"use client";

import { Button, Group, Kbd, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import type { VoteChoice } from "../queries";
import type { Ballot, Cast } from "./queries";
import classes from "./inbox.module.css";
import { TimeLeft } from "@/components/time";
import { inboxTexts } from "@/texts";

const CHOICES: VoteChoice[] = ["approve", "reject", "abstain"];
const COLORS = { approve: "teal.9", reject: "red.9", abstain: "gray" };

type Props = {
  ballot: Ballot;
  comment: string;
  onComment: (comment: string) => void;
  onVote: (vote: Cast) => void;
  isPending: boolean;
  /** Something keeps the person from voting on what is shown. */
  isStopped?: boolean;
  /** Whether the keys a, r and x lead to the buttons. */
  hasKeys?: boolean;
};

/** A vote in one council: the comment and the three buttons. */
export function BallotForm({ ballot, comment, onComment, onVote, isPending, isStopped, hasKeys }: Props) {
  const { review, as } = ballot;
  const [reached, setReached] = useState<VoteChoice | null>(null);
  const [isMissing, setMissing] = useState(false);
  const isNeeded = as === "admin";
  const vote = (choice: VoteChoice, form: HTMLElement | null) => {
    if (isNeeded && comment.trim() === "") {
      setMissing(true);
      form?.querySelector("textarea")?.focus();
      return;
    }
    onVote({ council: review.council_id, round: review.round, choice, comment: comment.trim() });
  };
  return (
    <div role="group" aria-label={inboxTexts.ballot(review.council_name)} className={classes.ballot}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {inboxTexts.ballot(review.council_name)}
        </Text>
        <Text size="xs" c="dimmed">
          <TimeLeft until={review.deadline} />
        </Text>
      </Group>
      {as === "stand-in" && <Text size="xs">{inboxTexts.standIn}</Text>}
      <Textarea
        label={inboxTexts.comment}
        placeholder={isNeeded ? inboxTexts.commentNeeded : inboxTexts.commentOptional}
        {...(isNeeded && { description: inboxTexts.commentNeeded, placeholder: "" })}
        error={isMissing && comment.trim() === "" && inboxTexts.commentMissing}
        required={isNeeded}
        autosize
        minRows={1}
        maxRows={5}
        maxLength={2000}
        value={comment}
        onChange={(event) => onComment(event.currentTarget.value)}
      />
      <Group gap="xs" mt="xs" grow preventGrowOverflow={false}>
        {CHOICES.map((choice) => (
          <Button
            key={choice}
            data-choice={choice}
            color={COLORS[choice]}
            variant={choice === "abstain" ? "default" : "filled"}
            disabled={isPending || isStopped}
            aria-keyshortcuts={hasKeys ? inboxTexts.keysOf[choice] : undefined}
            onFocus={() => setReached(choice)}
            onBlur={() => setReached(null)}
            onClick={(event) => vote(choice, event.currentTarget.closest<HTMLElement>("[role=group]"))}
            rightSection={
              hasKeys && (
                <Kbd size="xs" visibleFrom="sm" aria-hidden>
                  {inboxTexts.keysOf[choice]}
                </Kbd>
              )
            }
          >
            {inboxTexts.choices[choice]}
          </Button>
        ))}
      </Group>
      {hasKeys && (
        <Text size="xs" c="dimmed" mt={4} mih={18} visibleFrom="sm" aria-live="polite">
          {reached && inboxTexts.confirm(reached)}
        </Text>
      )}
    </div>
  );
}
