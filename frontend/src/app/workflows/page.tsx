"use client";

import { Anchor, Button, Group, Loader, Select, Stack, Table, Text, Title } from "@mantine/core";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense } from "react";
import { STATUSES, type Status, useWorkflows } from "./queries";
import { Failure } from "@/components/failure";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { workflowTexts, texts } from "@/texts";

export default function Page() {
  return (
    <Suspense fallback={<Loader aria-label={texts.loading} />}>
      <Workflows />
    </Suspense>
  );
}

function Workflows() {
  const router = useRouter();
  const asked = useSearchParams().get("status");
  const status = STATUSES.find((known: Status) => known === asked) ?? null;
  const list = useWorkflows(status);
  const rows = list.data?.pages.flatMap((page) => page.workflows) ?? [];
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={2}>{workflowTexts.title}</Title>
        <Select
          aria-label={workflowTexts.title}
          placeholder={workflowTexts.all}
          data={STATUSES.map((value) => ({ value, label: value.replaceAll("_", " ") }))}
          value={status}
          onChange={(value) => router.replace(value ? `/workflows?status=${value}` : "/workflows")}
          clearable
        />
      </Group>
      {list.isPending && <Loader aria-label={texts.loading} />}
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.data && rows.length === 0 && <Text c="dimmed">{workflowTexts.empty}</Text>}
      {rows.length > 0 && (
        <Table.ScrollContainer minWidth={560}>
          <Table highlightOnHover>
            <Table.Tbody>
              {rows.map((workflow) => (
                <Table.Tr key={workflow.id}>
                  <Table.Td>
                    <Anchor component={Link} href={`/workflows/${workflow.id}`}>
                      {workflow.workflow_type.name}
                    </Anchor>
                    <Text size="xs" c="dimmed">
                      {workflow.workflow_type.id}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <StatusBadge status={workflow.status} />
                  </Table.Td>
                  <Table.Td>{workflow.proposed_by.name}</Table.Td>
                  <Table.Td ta="end">
                    <Time at={workflow.created_at} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {texts.more}
        </Button>
      )}
    </Stack>
  );
}
