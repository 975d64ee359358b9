import { Text } from "@mantine/core";
import { IconMoodSmile } from "@tabler/icons-react";
import { EditNote } from "./edit-note";
import { type Incident, useIncidents } from "./queries";
import { useIsAdmin } from "@/api/session";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { type Column, Rows, moreOf } from "@/components/rows";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Time, duration } from "@/components/time";
import { healthTexts as words } from "@/texts";

const lasted = ({ opened_at, closed_at }: Incident) =>
  closed_at ? duration((new Date(closed_at).getTime() - new Date(opened_at).getTime()) / 1000) : words.still;

function columnsOf(titles: Map<string, string>, isAdmin: boolean): Column<Incident>[] {
  const titleOf = (check: string) => titles.get(check) ?? check;
  const columns: Column<Incident>[] = [
    { label: words.what, width: "minmax(0, 1.1fr)", isPlain: true, cell: ({ check }) => <Text size="sm">{titleOf(check)}</Text> },
    { label: words.impact, width: "7.5rem", cell: ({ impact }) => <StatusBadge status={impact} size="sm" /> },
    { label: words.since, width: "12rem", cell: ({ opened_at }) => <Text size="sm" span><Time at={opened_at} /></Text> },
    { label: words.lasted, width: "7rem", cell: (incident) => <Text size="sm" span>{lasted(incident)}</Text> },
    {
      label: words.note,
      width: "minmax(0, 1.6fr)",
      cell: ({ note }) => (
        <Text size="sm" span c={note ? undefined : "dimmed"} style={{ whiteSpace: "pre-wrap" }}>
          {note ?? words.noNote}
        </Text>
      ),
    },
  ];
  if (!isAdmin) return columns;
  const edit: Column<Incident> = {
    label: words.edit,
    width: "8rem",
    isPlain: true,
    isEnd: true,
    cell: (incident) => <EditNote incident={incident} part={titleOf(incident.check)} />,
  };
  return [...columns, edit];
}

/** Every incident, the newest first. */
export function Past({ titles }: { titles: Map<string, string> }) {
  const isAdmin = useIsAdmin();
  const incidents = useIncidents();
  return (
    <Section title={words.incidents}>
      <Loaded query={incidents}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.incidents);
          if (rows.length === 0) return <Empty title={words.nonePast} hint={words.nonePastHint} icon={IconMoodSmile} />;
          return (
            <Rows
              label={words.incidents}
              columns={columnsOf(titles, isAdmin)}
              rows={rows}
              keyOf={({ id }) => id}
              more={moreOf(incidents)}
            />
          );
        }}
      </Loaded>
    </Section>
  );
}
