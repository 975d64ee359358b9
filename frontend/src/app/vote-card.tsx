"use client";

import { Anchor, Button, Card, Code, Divider, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import Link from "next/link";
import { useState } from "react";
import { type Summary, type VoteChoice, useVote } from "./queries";
import { ApiError } from "@/api/error";
import { Facts } from "@/components/facts";
import { Failure } from "@/components/failure";
import { relative } from "@/components/time";
import { toastDone } from "@/components/toast";
import { inboxTexts, workflowTexts } from "@/texts";

/** The facts to decide on, and the decision. */
export function VoteCard({ workflow }: { workflow: Summary }) {
  return (
    <Card withBorder component="article" aria-label={workflow.workflow_type.name}>
      <Group justify="space-between" align="start">
        <div>
          <Anchor component={Link} href={`/workflows/${workflow.id}`} underline="hover">
            <Title order={3} size="h4">
              {workflow.workflow_type.name}
            </Title>
          </Anchor>
          <Text size="sm" c="dimmed">
            {workflow.workflow_type.id} v{workflow.workflow_type.version}, {workflowTexts.proposedBy.toLowerCase()}{" "}
            {workflow.proposed_by.name} {relative(workflow.created_at)}
          </Text>
        </div>
        <div>
          <Text size="xs" c="dimmed">
            {workflowTexts.savings}
          </Text>
          <Text fw={600}>{workflow.weekly_savings ?? workflowTexts.none}</Text>
        </div>
      </Group>
      {workflow.reason && <Text mt="xs">{workflow.reason}</Text>}
      <Divider my="sm" />
      <Facts of={workflow.inputs} />
      <Text size="xs" c="dimmed" mt="xs">
        {workflowTexts.digest}: <Code>{workflow.digest.slice(0, 16)}…</Code>
      </Text>
      {workflow.reviews
        .filter((review) => review.outcome === "open")
        .map((review) => (
          <Ballot key={review.council_id} workflow={workflow} review={review} />
        ))}
    </Card>
  );
}

function Ballot({ workflow, review }: { workflow: Summary; review: Summary["reviews"][number] }) {
  const vote = useVote(workflow);
  const [comment, setComment] = useState("");
  const cast = (choice: VoteChoice) =>
    vote.mutate(
      { council: review.council_id, choice, comment },
      {
        onSuccess: (recorded) =>
          toastDone(inboxTexts.outcome(recorded.status.replaceAll("_", " "))),
      },
    );
  const stale = vote.error instanceof ApiError && vote.error.code === "digest_mismatch";
  return (
    <Stack mt="md" gap="xs">
      <Text size="sm">
        <b>{review.council_name}</b>: {workflowTexts.tally(review.tally)}, {workflowTexts.closes(relative(review.deadline))}
      </Text>
      <Group align="end">
        <TextInput
          label={inboxTexts.comment}
          placeholder={inboxTexts.commentHint}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
          maxLength={2000}
          style={{ flex: "1 1 16rem" }}
        />
        <Group gap="xs">
          <Button color="teal.8" onClick={() => cast("approve")} loading={vote.isPending}>
            {inboxTexts.approve}
          </Button>
          <Button color="red.8" onClick={() => cast("reject")} disabled={vote.isPending}>
            {inboxTexts.reject}
          </Button>
          <Button variant="default" onClick={() => cast("abstain")} disabled={vote.isPending}>
            {inboxTexts.abstain}
          </Button>
        </Group>
      </Group>
      {stale && <Text c="red">{inboxTexts.stale}</Text>}
      {vote.error && !stale && <Failure error={vote.error} />}
    </Stack>
  );
}
