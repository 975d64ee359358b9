"use client";

import { Alert, Grid, Stack } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useParams } from "next/navigation";
import { About, Inputs, Output } from "./about";
import { Acts } from "./acts";
import { coolsUntil } from "./cooling";
import { EvidenceOf } from "./evidence";
import { History } from "./history";
import { Reviews } from "./reviews";
import { Plan, Progress } from "./steps";
import { type Detail, useWorkflow } from "../queries";
import { Loaded, Loading } from "@/components/loaded";
import { Page } from "@/components/page";
import { StatusBadge } from "@/components/status-badge";
import { TimeLeft } from "@/components/time";
import { workflowTexts } from "@/texts";

const PATH = [{ href: "/workflows", label: workflowTexts.title }];

export default function WorkflowPage() {
  const { id } = useParams<{ id: string }>();
  const workflow = useWorkflow(id);
  if (workflow.data) return <Workflow workflow={workflow.data} />;
  return (
    <Page title={workflowTexts.title} path={PATH}>
      <Loaded query={workflow} skeleton={<Loading lines={8} />}>
        {() => null}
      </Loaded>
    </Page>
  );
}

function Workflow({ workflow }: { workflow: Detail }) {
  const cooling = coolsUntil(workflow);
  const hasBegun = workflow.steps.some(({ status }) => status !== "pending");
  const isAsked = workflow.reviews.some(({ outcome }) => outcome === "open");
  return (
    <Page
      title={workflow.workflow_type.name}
      path={PATH}
      aside={<StatusBadge status={workflow.status} size="lg" />}
      description={
        cooling && (
          <>
            {workflowTexts.cools} <TimeLeft until={cooling} />
          </>
        )
      }
      actions={<Acts workflow={workflow} />}
    >
      {workflow.error && (
        <Alert color="red" title={workflowTexts.failedWith} icon={<IconAlertCircle aria-hidden />}>
          {workflow.error}
        </Alert>
      )}
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            {/* What is going on stands first: the vote while it is taken, then the run. */}
            {hasBegun && !isAsked && <Progress workflow={workflow} />}
            {!hasBegun && <Plan workflow={workflow} />}
            <Reviews workflow={workflow} />
            {hasBegun && isAsked && <Progress workflow={workflow} />}
            <Output workflow={workflow} />
            {hasBegun && <Plan workflow={workflow} />}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <About workflow={workflow} />
            <Inputs workflow={workflow} />
            <EvidenceOf workflow={workflow} />
            <History timeline={workflow.timeline} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}
