"use client";

import { Anchor, Button, Text } from "@mantine/core";
import { IconListDetails } from "@tabler/icons-react";
import { Suspense, useMemo } from "react";
import { type FilterName, Filters, statusesOf } from "./filters";
import { useWorkflowList } from "./list";
import type { Summary } from "../queries";
import { useSession } from "@/api/session";
import { Actor } from "@/components/actor";
import { Empty } from "@/components/empty";
import { Failure } from "@/components/failure";
import { useFilters } from "@/components/filters";
import { Link } from "@/components/link";
import { Loading } from "@/components/loaded";
import { amount } from "@/components/money";
import { Page } from "@/components/page";
import { type Column, Rows, moreOf } from "@/components/rows";
import { StatusBadge } from "@/components/status-badge";
import { Ago } from "@/components/time";
import { workflowTexts } from "@/texts";

const words = workflowTexts.columns;

const COLUMNS: Column<Summary>[] = [
  {
    label: words.what,
    width: "minmax(0, 2.4fr)",
    isPlain: true,
    cell: ({ id, workflow_type, reason }) => (
      <>
        <Anchor component={Link} href={`/workflows/${id}`} size="sm" fw={550}>
          {workflow_type.name}
        </Anchor>
        <Text size="xs" c="dimmed" lineClamp={1}>
          {reason ?? workflow_type.id}
        </Text>
      </>
    ),
  },
  { label: words.status, width: "9rem", isPlain: true, cell: ({ status }) => <StatusBadge status={status} /> },
  {
    label: words.councils,
    width: "minmax(0, 1.5fr)",
    cell: ({ reviews }) => (
      <Text size="sm" span>
        {[...new Set(reviews.map(({ council_name }) => council_name))].join(", ") || "–"}
      </Text>
    ),
  },
  { label: words.by, width: "minmax(0, 1.2fr)", cell: ({ proposed_by }) => <Actor of={proposed_by} /> },
  {
    label: words.savings,
    width: "6rem",
    isEnd: true,
    cell: ({ weekly_savings }) => (
      <Text size="sm" span>
        {weekly_savings ? amount(weekly_savings) : "–"}
      </Text>
    ),
  },
  {
    label: words.at,
    width: "8.5rem",
    isEnd: true,
    cell: ({ created_at }) => (
      <Text size="sm" span c="dimmed">
        <Ago at={created_at} />
      </Text>
    ),
  },
];

export default function WorkflowsPage() {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <Workflows />
    </Suspense>
  );
}

function Workflows() {
  const { user } = useSession();
  const filters = useFilters<FilterName>("status", "type", "council", "by");
  const { status, type, council, by } = filters.chosen;
  const wanted = useMemo(() => ({ statuses: statusesOf(status), type, council, by }), [status, type, council, by]);
  const { pages, rows, isSearching } = useWorkflowList(wanted);
  return (
    <Page title={workflowTexts.title} description={workflowTexts.purpose}>
      <Filters {...filters} statuses={wanted.statuses} />
      {pages.error && rows.length === 0 ? (
        <Failure error={pages.error} retry={() => void pages.refetch()} />
      ) : isSearching ? (
        <Loading lines={8} />
      ) : rows.length === 0 ? (
        <Empty
          icon={IconListDetails}
          title={filters.isAny ? workflowTexts.noMatch : workflowTexts.empty}
          hint={filters.isAny ? workflowTexts.noMatchHint : workflowTexts.emptyHint}
        >
          {!filters.isAny && user?.role !== "viewer" && (
            <Button component={Link} href="/propose" variant="light" mt="sm">
              {workflowTexts.propose}
            </Button>
          )}
        </Empty>
      ) : (
        <Rows label={workflowTexts.list} columns={COLUMNS} rows={rows} keyOf={({ id }) => id} more={moreOf(pages)} />
      )}
    </Page>
  );
}
