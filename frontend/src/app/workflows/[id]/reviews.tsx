"use client";

import { Alert, Anchor, Button, Divider, Group, Stack, Text, Title } from "@mantine/core";
import { IconMessageQuestion } from "@tabler/icons-react";
import { useState } from "react";
import type { Detail } from "../queries";
import type { Review } from "../../queries";
import { BallotForm } from "../../inbox/ballot";
import { PolicyLine } from "../../inbox/policy-line";
import { type Ballot, isStale, useBallots, useVote } from "../../inbox/queries";
import { Tally, Votes } from "../../inbox/tally";
import inbox from "../../inbox/inbox.module.css";
import { Link } from "@/components/link";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { TimeLeft } from "@/components/time";
import { inboxTexts, workflowTexts } from "@/texts";

/** What each council was asked, in each round, and how it voted; with the vote of the person, where they have one. */
export function Reviews({ workflow }: { workflow: Detail }) {
  const ballots = useBallots(workflow);
  // What is asked now stands first.
  const reviews = workflow.reviews.toSorted(
    (a, b) => Number(b.outcome === "open") - Number(a.outcome === "open") || b.round - a.round,
  );
  const hasRounds = workflow.reviews.some(({ round }) => round > 1);
  return (
    <Section title={workflowTexts.reviews}>
      {reviews.length === 0 && <Text c="dimmed">{workflowTexts.noReviews}</Text>}
      <Stack gap="md">
        {reviews.map((review, index) => {
          const key = `${review.council_id}/${review.round}`;
          const ballot = ballots?.find(
            ({ review: one }) => one.council_id === review.council_id && one.round === review.round,
          );
          return (
            <div key={key}>
              {index > 0 && <Divider mb="md" />}
              <OneReview workflow={workflow} review={review} ballot={ballot} hasRounds={hasRounds} />
            </div>
          );
        })}
      </Stack>
    </Section>
  );
}

type Props = { workflow: Detail; review: Review; ballot: Ballot | undefined; hasRounds: boolean };

function OneReview({ workflow, review, ballot, hasRounds }: Props) {
  const asks = review.step
    ? workflowTexts.ofStep(review.step)
    : review.kind === "ratification"
      ? workflowTexts.ratification
      : workflowTexts.ofProposal;
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Title order={3} size="h5">
          <Anchor component={Link} href={`/councils/${review.council_id}`} inherit c="inherit">
            {review.council_name}
          </Anchor>
        </Title>
        <StatusBadge status={review.outcome} />
        <Text size="sm" c="dimmed">
          {hasRounds && `${workflowTexts.round(review.round)}, `}
          {asks}
          {review.outcome === "open" && (
            <>
              , <TimeLeft until={review.deadline} />
            </>
          )}
        </Text>
      </Group>
      {review.question && (
        <Alert color="blue" icon={<IconMessageQuestion aria-hidden />} title={inboxTexts.question}>
          {review.question}
        </Alert>
      )}
      <PolicyLine review={review} />
      <div style={{ maxWidth: "22rem" }}>
        <Tally of={review.tally} />
      </div>
      <Votes
        votes={workflow.votes.filter(
          ({ council_id, round }) => council_id === review.council_id && round === review.round,
        )}
      />
      {ballot && <Mine workflow={workflow} ballot={ballot} />}
    </Stack>
  );
}

/** The vote of the person who is signed in: what they said and may change, the form, or why they have none. */
function Mine({ workflow, ballot }: { workflow: Detail; ballot: Ballot }) {
  const [comment, setComment] = useState("");
  const [isChanging, setChanging] = useState(false);
  const vote = useVote(workflow, { cast: () => setChanging(false), refused: () => setChanging(true) });
  if (ballot.because) {
    const words = { proposed: inboxTexts.ownProposal, broke_glass: inboxTexts.ownGlass, stood_in: inboxTexts.stoodIn };
    return (
      <Text size="sm" c="dimmed">
        {words[ballot.because]}
      </Text>
    );
  }
  if (!ballot.as) return null;
  const sent = vote.isPending ? vote.variables?.choice : undefined;
  const choice = sent ?? ballot.mine?.vote;
  return (
    <>
      {isStale(vote.error) && (
        <Alert color="red" role="alert">
          {inboxTexts.stale}
        </Alert>
      )}
      {choice && !isChanging ? (
        <Group gap="sm">
          <Text size="sm" fw={600} role="status">
            {inboxTexts.yours(choice)}
          </Text>
          <Text size="sm" c="dimmed">
            {inboxTexts.yoursUntil}
          </Text>
          <Button
            size="xs"
            variant="default"
            disabled={vote.isPending}
            onClick={() => {
              setComment(ballot.mine?.comment ?? "");
              setChanging(true);
            }}
          >
            {inboxTexts.change}
          </Button>
        </Group>
      ) : (
        <>
          <div className={inbox.framed}>
            <BallotForm
              ballot={ballot}
              comment={comment}
              onComment={setComment}
              onVote={(cast) => vote.mutate(cast)}
              isPending={vote.isPending}
            />
          </div>
          {choice && (
            <div>
              <Button size="xs" variant="subtle" onClick={() => setChanging(false)}>
                {inboxTexts.keep}
              </Button>
            </div>
          )}
        </>
      )}
    </>
  );
}
