import { Anchor, Box, Text } from "@mantine/core";
import classes from "./jobs.module.css";
import { useInStatus } from "./queries";
import type { Summary } from "../queries";
import { Actor } from "@/components/actor";
import { Empty } from "@/components/empty";
import { Link } from "@/components/link";
import { Loaded } from "@/components/loaded";
import { NameLink } from "@/components/name-link";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
import { Ago } from "@/components/time";
import { jobTexts } from "@/texts";

const words = jobTexts.running;

const SHOWN = 20;

/** What runs now, what waits, and what failed lately. */
export function Running() {
  return (
    <>
      <Some status="running" title={words.title} none={words.none} hint={words.noneHint} />
      <div className={classes.two}>
        <Some status="queued" title={words.queued} none={words.queuedNone} isShort />
        <Some status="failed" title={words.failed} none={words.failedNone} isShort />
      </div>
    </>
  );
}

type Props = { status: "running" | "queued" | "failed"; title: string; none: string; hint?: string; isShort?: true };

function Some({ status, title, none, hint, isShort }: Props) {
  const found = useInStatus(status, isShort ? 5 : SHOWN);
  const all = (
    <Anchor component={Link} href={`/workflows?status=${status}`} size="sm">
      {words.all}
    </Anchor>
  );
  return (
    <Section title={title} aside={all}>
      <Loaded query={found}>
        {({ workflows }) =>
          workflows.length > 0 ? (
            <List label={title} of={workflows} isShort={isShort ?? false} isEnded={status === "failed"} />
          ) : isShort ? (
            <Text c="dimmed" size="sm">
              {none}
            </Text>
          ) : (
            <Empty title={none} hint={hint} />
          )
        }
      </Loaded>
    </Section>
  );
}

type Listed = { label: string; of: Summary[]; isShort: boolean; isEnded: boolean };

function List({ label, of, isShort, isEnded }: Listed) {
  return (
    <Table label={label}>
      <thead>
        <tr>
          <th>{words.what}</th>
          {!isShort && (
            <Box component="th" visibleFrom="xs">
              {words.by}
            </Box>
          )}
          <Box component="th" ta="end">
            {isEnded ? words.ended : words.since}
          </Box>
        </tr>
      </thead>
      <tbody>
        {of.map(({ id, workflow_type, reason, proposed_by, decided_at, finished_at, created_at }) => (
          <tr key={id}>
            <td>
              <NameLink href={`/workflows/${id}`} name={workflow_type.name} below={reason ?? workflow_type.id} />
            </td>
            {!isShort && (
              <Box component="td" visibleFrom="xs">
                <Actor of={proposed_by} />
              </Box>
            )}
            <Box component="td" ta="end" c="dimmed">
              <Ago at={finished_at ?? decided_at ?? created_at} />
            </Box>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
