"use client";

import { Button, Code, Text } from "@mantine/core";
import { IconCalendarClock, IconPlus } from "@tabler/icons-react";
import { Next } from "./next";
import { type Schedule, useSchedules } from "./queries";
import { JobsPage } from "../jobs-page";
import { useIsAdmin } from "@/api/session";
import { Empty } from "@/components/empty";
import { Link } from "@/components/link";
import { Loaded, Loading } from "@/components/loaded";
import { NameLink } from "@/components/name-link";
import { type Column, Rows, moreOf } from "@/components/rows";
import { StatusBadge } from "@/components/status-badge";
import { jobTexts, texts } from "@/texts";

const words = jobTexts.schedules;

const COLUMNS: Column<Schedule>[] = [
  {
    label: words.name,
    width: "minmax(0, 1.8fr)",
    isPlain: true,
    cell: ({ id, name, workflow_type }) => (
      <NameLink href={`/jobs/schedules/${id}`} name={name} below={workflow_type} />
    ),
  },
  {
    label: words.when,
    width: "minmax(0, 1.3fr)",
    cell: ({ cron, time_zone }) => (
      <>
        <Code>{cron}</Code>
        <Text size="xs" c="dimmed">
          {time_zone}
        </Text>
      </>
    ),
  },
  { label: words.next, width: "minmax(0, 1fr)", cell: (schedule) => <Next of={schedule} /> },
  {
    label: words.state,
    width: "minmax(0, 1.2fr)",
    isPlain: true,
    cell: ({ state, paused_because, refusals }) => (
      <>
        <StatusBadge status={state} />
        {(paused_because || refusals > 0) && (
          <Text size="xs" c="dimmed">
            {paused_because ? words.pausedBecause : words.refusals(refusals)}
          </Text>
        )}
      </>
    ),
  },
  {
    label: words.owner,
    width: "minmax(0, 1fr)",
    cell: ({ owner_name }) => (
      <Text size="sm" span>
        {owner_name}
      </Text>
    ),
  },
];

export default function Schedules() {
  const isAdmin = useIsAdmin();
  const schedules = useSchedules();
  const make = isAdmin && (
    <Button component={Link} href="/jobs/schedules/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {words.make}
    </Button>
  );
  return (
    <JobsPage
      title={words.title}
      description={words.description}
      path={[{ href: "/jobs", label: texts.nav.jobs }]}
      actions={make}
    >
      <Loaded query={schedules} skeleton={<Loading lines={6} />}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.schedules);
          if (rows.length === 0) return <Empty icon={IconCalendarClock} title={words.none} hint={words.noneHint} />;
          return (
            <Rows label={words.label} columns={COLUMNS} rows={rows} keyOf={({ id }) => id} more={moreOf(schedules)} />
          );
        }}
      </Loaded>
    </JobsPage>
  );
}
