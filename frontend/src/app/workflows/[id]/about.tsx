"use client";

import { Anchor, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Detail } from "../queries";
import { Actor } from "@/components/actor";
import { Json, Short } from "@/components/code";
import { Facts, Pairs } from "@/components/facts";
import { Link } from "@/components/link";
import { amount } from "@/components/money";
import { Section } from "@/components/section";
import { Ago, Time } from "@/components/time";
import { workflowTexts } from "@/texts";

/** What was proposed, by whom, and on which basis it runs or does not. */
export function About({ workflow }: { workflow: Detail }) {
  const { workflow_type: type, weekly_savings: week, monthly_savings: month, yearly_savings: year } = workflow;
  const successor = workflow.timeline
    .map(({ detail }) => (detail as Record<string, unknown>).superseded_by)
    .find(Boolean);
  const pairs: [string, ReactNode][] = [
    [workflowTexts.basisLabel, workflowTexts.basis[workflow.basis]],
    [
      workflowTexts.proposedBy,
      <>
        <Actor of={workflow.proposed_by} />, <Ago at={workflow.created_at} />
      </>,
    ],
    [workflowTexts.reason, workflow.reason ?? workflowTexts.none],
    [
      workflowTexts.savings,
      week && month && year ? workflowTexts.savingsMore(amount(week), amount(month), amount(year)) : workflowTexts.none,
    ],
    [
      workflowTexts.type,
      <Anchor
        key="type"
        component={Link}
        href={`/types/${encodeURIComponent(type.id)}?version=${type.version}`}
        size="sm"
      >
        {workflowTexts.version(type.id, type.version)}
      </Anchor>,
    ],
  ];
  if (workflow.supersedes) pairs.push([workflowTexts.supersedes, <To key="old" id={workflow.supersedes} />]);
  if (typeof successor === "string") pairs.push([workflowTexts.supersededBy, <To key="new" id={successor} />]);
  if (workflow.decided_at) pairs.push([workflowTexts.decidedAt, <Time key="decided" at={workflow.decided_at} />]);
  if (workflow.finished_at) pairs.push([workflowTexts.finishedAt, <Time key="ended" at={workflow.finished_at} />]);
  pairs.push([
    workflowTexts.digest,
    <Short key="digest" of={workflow.digest} label={workflowTexts.digestLabel} length={24} />,
  ]);
  return (
    <Section title={workflowTexts.facts}>
      <Pairs of={pairs} />
    </Section>
  );
}

export function Inputs({ workflow }: { workflow: Detail }) {
  return (
    <Section title={workflowTexts.inputs}>
      <Facts of={workflow.inputs} />
    </Section>
  );
}

export function Output({ workflow }: { workflow: Detail }) {
  if (workflow.output === undefined || workflow.output === null) return null;
  return (
    <Section title={workflowTexts.output}>
      <Json value={workflow.output} label={workflowTexts.output} />
    </Section>
  );
}

function To({ id }: { id: string }) {
  return (
    <Anchor component={Link} href={`/workflows/${id}`} size="sm">
      <Text span ff="monospace" size="sm">
        {id}
      </Text>
    </Anchor>
  );
}
