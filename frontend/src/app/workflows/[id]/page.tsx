"use client";

import { Button, Card, Code, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useParams } from "next/navigation";
import { History, Reviews, Steps } from "./parts";
import { useEvidence, useWorkflow } from "../queries";
import { Facts } from "@/components/facts";
import { Failure } from "@/components/failure";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { workflowTexts, texts } from "@/texts";

export default function Workflow() {
  const { id } = useParams<{ id: string }>();
  const { data: workflow, error, refetch } = useWorkflow(id);
  const evidence = useMutation({ mutationFn: useEvidence(id) });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!workflow) return <Loader aria-label={texts.loading} />;
  return (
    <Stack>
      <Group justify="space-between">
        <div>
          <Title order={2}>{workflow.workflow_type.name}</Title>
          <Text c="dimmed" size="sm">
            {workflowTexts.proposedBy} {workflow.proposed_by.name}, <Time at={workflow.created_at} />
          </Text>
        </div>
        <Group>
          <StatusBadge status={workflow.status} />
          <Button size="xs" variant="default" loading={evidence.isPending} onClick={() => evidence.mutate()}>
            {workflowTexts.evidence}
          </Button>
        </Group>
      </Group>
      {evidence.error && <Failure error={evidence.error} />}
      {workflow.error && (
        <Text c="red" role="status">
          {workflow.error}
        </Text>
      )}
      <Card withBorder>
        <Title order={3} size="h5" mb="xs">
          {workflowTexts.inputs}
        </Title>
        <Facts of={workflow.inputs} />
        <Text size="sm" mt="sm">
          {workflowTexts.savings}: {workflow.weekly_savings ?? workflowTexts.none}
        </Text>
        {workflow.reason && (
          <Text size="sm">
            {workflowTexts.reason}: {workflow.reason}
          </Text>
        )}
        <Text size="xs" c="dimmed" mt="xs" style={{ overflowWrap: "anywhere" }}>
          {workflowTexts.digest}: <Code>{workflow.digest}</Code>
        </Text>
      </Card>
      <Reviews workflow={workflow} />
      <Steps steps={workflow.steps} />
      <History timeline={workflow.timeline} />
    </Stack>
  );
}
