"use client";

import { Alert, Anchor, Button, Group, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconExternalLink, IconMessageQuestion } from "@tabler/icons-react";
import { type Summary, openReviews } from "../queries";
import { BallotForm } from "./ballot";
import { PolicyLine } from "./policy-line";
import { type Ballot, type Cast, useBallots, useDetail, useRehearsal, useVote } from "./queries";
import { Similar } from "./similar";
import { Tally, Votes } from "./tally";
import { WillRun } from "./will-run";
import classes from "./inbox.module.css";
import { Actor } from "@/components/actor";
import { Short } from "@/components/code";
import { Facts, Pairs } from "@/components/facts";
import { Failure } from "@/components/failure";
import { Link } from "@/components/link";
import { Loading } from "@/components/loaded";
import { amount } from "@/components/money";
import { StatusBadge } from "@/components/status-badge";
import { Ago } from "@/components/time";
import { inboxTexts } from "@/texts";

type Props = {
  workflow: Summary;
  /** Whether it still waits for this person. */
  isWaiting: boolean;
  /** Why the last vote on it was not taken. */
  refusal: "stale" | null;
  comments: Record<string, string>;
  onComment: (ballot: string, comment: string) => void;
  onCast: (vote: Cast, isLast: boolean) => void;
  onRefused: (error: Error) => void;
};

/** Names what a comment is written for. */
export const ballotKey = (workflow: Summary, { review }: Ballot) =>
  `${workflow.id}/${review.council_id}/${review.round}`;

/** The facts to decide on, and the decision. */
export function Proposal(props: Props) {
  const { workflow: listed, isWaiting, refusal } = props;
  const detail = useDetail(listed.id);
  // What the page of it knows is newer than the list, or the same.
  const workflow = detail.data ?? listed;
  const ballots = useBallots(detail.data);
  const rehearsal = useRehearsal(workflow, detail.data?.steps);
  const open = openReviews(workflow);
  const todo = (ballots ?? []).filter(({ mine, as }) => as !== null && mine === null);
  const vote = useVote(workflow, {
    cast: (cast) => props.onCast(cast, todo.length <= 1),
    refused: props.onRefused,
  });
  const isMismatch = rehearsal.data !== undefined && rehearsal.data.digest !== workflow.digest;
  const glass = detail.data?.timeline.find(({ event }) => event === "glass_broken");
  const question = open.find(({ question }) => question)?.question;
  return (
    <article className={classes.proposal} aria-label={workflow.workflow_type.name}>
      <div className={classes.facts}>
        <Group justify="space-between" align="start" wrap="nowrap">
          <div>
            <Title order={2} size="h3">
              {workflow.workflow_type.name}
            </Title>
            <Text size="sm" c="dimmed" component="div">
              <Actor of={workflow.proposed_by} />, <Ago at={workflow.created_at} />
            </Text>
          </div>
          <Button
            component={Link}
            href={`/workflows/${workflow.id}`}
            variant="default"
            size="xs"
            aria-label={inboxTexts.openOf(workflow.workflow_type.name)}
            rightSection={<IconExternalLink size={14} aria-hidden />}
            style={{ flex: "none" }}
          >
            {inboxTexts.open}
          </Button>
        </Group>
        {!isWaiting && (
          <Alert color="blue" role="status">
            {inboxTexts.decidedMeanwhile} <StatusBadge status={workflow.status} />
          </Alert>
        )}
        {refusal === "stale" && (
          <Alert color="red" icon={<IconAlertTriangle aria-hidden />} role="alert">
            {inboxTexts.stale}
          </Alert>
        )}
        {question && (
          <Alert color="blue" icon={<IconMessageQuestion aria-hidden />} title={inboxTexts.question}>
            {question}
          </Alert>
        )}
        {open.some(({ kind }) => kind === "ratification") && (
          <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} title={inboxTexts.ratification}>
            {glass && (
              <>
                <Actor of={glass.actor} />, <Ago at={glass.at} />: {(glass.detail as { reason?: string }).reason}
              </>
            )}
          </Alert>
        )}
        <Pairs
          of={[
            [inboxTexts.why, workflow.reason ?? inboxTexts.noReason],
            [inboxTexts.value, <Value key="value" of={workflow} />],
            ...(workflow.supersedes
              ? [
                  [
                    inboxTexts.supersedes,
                    <Anchor key="old" component={Link} href={`/workflows/${workflow.supersedes}`} size="sm">
                      {workflow.supersedes}
                    </Anchor>,
                  ] as [string, React.ReactNode],
                ]
              : []),
          ]}
        />
        <section>
          <Title order={3} size="h5" mb={6}>
            {inboxTexts.willRun}
          </Title>
          <WillRun workflow={workflow} steps={detail.data?.steps} />
        </section>
        {open.map((review) => (
          <section key={`${review.council_id}/${review.round}`}>
            <Title order={3} size="h5" mb={6}>
              {review.council_name}
            </Title>
            <PolicyLine review={review} />
            <Group mt={8} gap="xl" align="start">
              <div className={classes.tally}>
                <Tally of={review.tally} />
              </div>
              <div>
                {detail.data ? (
                  <Votes
                    votes={detail.data.votes.filter(
                      ({ council_id, round }) => council_id === review.council_id && round === review.round,
                    )}
                  />
                ) : (
                  <Loading lines={1} />
                )}
              </div>
            </Group>
          </section>
        ))}
        <section>
          <Title order={3} size="h5" mb={6}>
            {inboxTexts.similar}
          </Title>
          <Similar workflow={workflow} />
        </section>
        <section>
          <Title order={3} size="h5" mb={6}>
            {inboxTexts.inputs}
          </Title>
          <Facts of={workflow.inputs} />
        </section>
        <Text size="xs" c="dimmed" component="div">
          {inboxTexts.version(workflow.workflow_type.id, workflow.workflow_type.version)} · {inboxTexts.digest}{" "}
          <Short of={workflow.digest} label={inboxTexts.digestLabel} length={16} />
          <br />
          {inboxTexts.digestHint}
        </Text>
        {detail.error && <Failure error={detail.error} retry={() => void detail.refetch()} />}
      </div>
      {isWaiting && todo.length > 0 && (
        <div className={classes.ballots}>
          {todo.map((ballot) => (
            <BallotForm
              key={ballotKey(workflow, ballot)}
              ballot={ballot}
              comment={props.comments[ballotKey(workflow, ballot)] ?? ""}
              onComment={(comment) => props.onComment(ballotKey(workflow, ballot), comment)}
              onVote={(cast) => vote.mutate(cast)}
              isPending={vote.isPending}
              isStopped={isMismatch}
              hasKeys
            />
          ))}
        </div>
      )}
    </article>
  );
}

function Value({ of }: { of: Summary }) {
  if (!of.weekly_savings) return <>{inboxTexts.worthNothing}</>;
  return (
    <>
      <b>{inboxTexts.worth(amount(of.weekly_savings))}</b>
      {of.monthly_savings && of.yearly_savings && (
        <Text span size="sm" c="dimmed">
          {" "}
          ({inboxTexts.valueMore(amount(of.monthly_savings), amount(of.yearly_savings))})
        </Text>
      )}
    </>
  );
}
