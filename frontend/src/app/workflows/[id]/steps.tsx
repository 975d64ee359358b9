"use client";

import { Badge, Group, Text, Title } from "@mantine/core";
import { type Detail, useDefinition } from "../queries";
import { storyOf } from "./attempts";
import classes from "./steps.module.css";
import { WillRun } from "../../inbox/will-run";
import { StepPreview } from "../../inbox/step";
import inbox from "../../inbox/inbox.module.css";
import { useSession } from "@/api/session";
import { Json, Short } from "@/components/code";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Time, duration, relative, useNow } from "@/components/time";
import { inboxTexts, workflowTexts } from "@/texts";

type StepView = Detail["steps"][number];

/** What was approved to run, rendered with its inputs; for who may not rehearse it, as the type has it. */
export function Plan({ workflow }: { workflow: Detail }) {
  const { user } = useSession();
  const isViewer = user?.role === "viewer";
  const { id, version } = workflow.workflow_type;
  const type = useDefinition(id, version, isViewer);
  const hasBegun = workflow.steps.some(({ status }) => status !== "pending");
  const hasEnded = ["rejected", "expired", "cancelled", "blocked"].includes(workflow.status);
  return (
    <Section
      title={hasEnded ? workflowTexts.wouldHaveRun : hasBegun ? workflowTexts.ran : workflowTexts.willRun}
      description={isViewer && inboxTexts.willRunNot}
    >
      {isViewer ? (
        <Loaded query={type}>
          {({ steps }) => (
            <ol className={inbox.steps}>
              {steps.map((step, index) => (
                <StepPreview key={step.name} step={step} number={index + 1} />
              ))}
            </ol>
          )}
        </Loaded>
      ) : (
        <WillRun workflow={workflow} steps={workflow.steps} />
      )}
    </Section>
  );
}

/** How far the run has come, step by step, with what each step came to. */
export function Progress({ workflow }: { workflow: Detail }) {
  const hasBegun = workflow.steps.some(({ status }) => status !== "pending");
  return (
    <Section title={workflowTexts.progress}>
      {!hasBegun && (
        <Text c="dimmed" size="sm">
          {workflow.finished_at ? workflowTexts.neverRan : workflowTexts.notStarted}
        </Text>
      )}
      {hasBegun && (
        <ol className={classes.steps}>
          {workflow.steps.map((step) => (
            <StepItem key={step.position} step={step} timeline={workflow.timeline} />
          ))}
        </ol>
      )}
    </Section>
  );
}

function StepItem({ step, timeline }: { step: StepView; timeline: Detail["timeline"] }) {
  const { attempts, wait } = storyOf(step, timeline);
  return (
    <li className={classes.step} data-status={step.status}>
      <Group gap="sm" align="center">
        <Title order={3} size="h6">
          {step.name}
        </Title>
        <StatusBadge status={step.status} size="sm" />
        <Text size="xs" c="dimmed">
          {inboxTexts.step.kinds[step.kind] ?? step.kind}
        </Text>
        {step.attempt > 1 && (
          <Badge size="sm" variant="light" color="gray" tt="none">
            {workflowTexts.attempts(step.attempt)}
          </Badge>
        )}
        <Took step={step} />
      </Group>
      {wait && <Wait wait={wait} />}
      {step.asked_round && (
        <Text size="sm" c="dimmed">
          {workflowTexts.askedIn(step.asked_round)}
        </Text>
      )}
      {step.error && (
        <Text size="sm" c="var(--mantine-color-error)" style={{ overflowWrap: "anywhere" }}>
          {step.error}
        </Text>
      )}
      {attempts.length > 1 && (
        <details className={classes.details}>
          <summary>{workflowTexts.showAttempts}</summary>
          <ol className={classes.attempts}>
            {attempts.map(({ at, number, error }) => (
              <li key={`${at}/${number}`}>
                <Text size="sm" span>
                  {workflowTexts.attempt(number)}, <Time at={at} />
                  {error && `: ${error}`}
                </Text>
              </li>
            ))}
          </ol>
        </details>
      )}
      {step.output !== null && step.output !== undefined && (
        <details className={classes.details}>
          <summary>{workflowTexts.showOutput}</summary>
          <Json value={step.output} label={workflowTexts.outputOf(step.name)} />
          <Group gap="md" mt={4}>
            {step.request_digest && (
              <Text size="xs" c="dimmed" component="div">
                {workflowTexts.sentDigest} <Short of={step.request_digest} label={workflowTexts.digestOfSent} />
              </Text>
            )}
            {step.response_digest && (
              <Text size="xs" c="dimmed" component="div">
                {workflowTexts.receivedDigest} <Short of={step.response_digest} label={workflowTexts.digestOfReceived} />
              </Text>
            )}
          </Group>
        </details>
      )}
    </li>
  );
}

/** How long a step took, or has been going on for. */
function Took({ step }: { step: StepView }) {
  const now = useNow(1000);
  if (!step.started_at || step.status === "skipped") return null;
  const end = step.finished_at ? Date.parse(step.finished_at) : now;
  const seconds = Math.max(0, (end - Date.parse(step.started_at)) / 1000);
  return (
    <Text size="xs" c="dimmed">
      {step.finished_at ? workflowTexts.stepTook(duration(seconds)) : workflowTexts.stepRuns(duration(seconds))}
    </Text>
  );
}

function Wait({ wait }: { wait: { is: "retry" | "delay"; until: string } }) {
  const now = useNow(1000);
  return (
    <Text size="sm" role="status">
      {wait.is === "retry" ? workflowTexts.nextAttempt : workflowTexts.waitsUntil}{" "}
      {wait.is === "delay" && <Time at={wait.until} />} ({relative(wait.until, now)})
    </Text>
  );
}
