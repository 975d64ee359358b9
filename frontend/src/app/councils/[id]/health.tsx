import { Badge, SegmentedControl, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconHeartHandshake } from "@tabler/icons-react";
import { useHealth } from "../queries";
import type { components } from "@/api/schema";
import { Empty } from "@/components/empty";
import { useFilters } from "@/components/filters";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
import { Ago, duration } from "@/components/time";
import { councilTexts } from "@/texts";

type Report = components["schemas"]["HealthReport"];

const words = councilTexts.health;
const DAYS = [30, 90, 366];
const percent = (share: number | null | undefined) =>
  share === null || share === undefined ? words.unknown : `${Math.round(share * 100)}%`;

/** How soon a council decides, and who takes part. */
export function Health({ council }: { council: string }) {
  const { chosen, choose } = useFilters("days");
  const days = DAYS.find((one) => String(one) === chosen.days) ?? 90;
  const health = useHealth(council, days);
  return (
    <Section
      title={words.title}
      description={words.hint}
      aside={
        <SegmentedControl
          aria-label={words.days}
          size="xs"
          value={String(days)}
          onChange={(value) => choose({ days: value === "90" ? null : value })}
          data={DAYS.map((one) => ({ value: String(one), label: words.lastDays(one) }))}
        />
      }
    >
      <Loaded query={health}>
        {(report) =>
          report.reviews.opened === 0 ? (
            <Empty icon={IconHeartHandshake} title={words.none} hint={words.noneHint} />
          ) : (
            <Stack>
              {!report.is_complete && <Text size="sm">{words.incomplete}</Text>}
              <Figures of={report} />
              <People of={report} />
            </Stack>
          )
        }
      </Loaded>
    </Section>
  );
}

function Figures({ of }: { of: Report }) {
  const spread = (one: Report["seconds_to_quorum"]) =>
    one ? [words.half(duration(one.median)), words.most(duration(one.p90))] : [words.unknown, ""];
  const figures = [
    [words.opened, String(of.reviews.opened), words.outcome(of.reviews)],
    [words.quorum, ...spread(of.seconds_to_quorum)],
    [words.decision, ...spread(of.seconds_to_decision)],
    [words.participation, percent(of.participation), words.participationHint],
    [words.quick, percent(of.rubber_stamp_ratio), words.quickHint],
  ];
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} mt="sm" component="dl">
      {figures.map(([label, value, hint]) => (
        <div key={label}>
          <Text component="dt" size="sm" c="dimmed">
            {label}
          </Text>
          <Text component="dd" fw={600} m={0}>
            {value}
            <Text size="xs" c="dimmed" fw={400} span display="block">
              {hint}
            </Text>
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}

function People({ of }: { of: Report }) {
  const { name, voted, usual, last, quick } = words.columns;
  return (
    <Table label={words.people} minWidth={640}>
      <thead>
        <tr>
          {[name, voted, usual, last, quick].map((label) => (
            <th key={label}>{label}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {of.operators.map((one) => (
          <tr key={one.user_id}>
            <td>
              {one.name}{" "}
              {!one.seated && (
                <Text span size="xs" c="dimmed">
                  {words.unseated}
                </Text>
              )}
              {one.absent && (
                <Badge variant="default" tt="none" size="sm" title={words.awayHint}>
                  {words.away}
                </Badge>
              )}
            </td>
            <td>{words.voted(one.voted, one.could_vote)}</td>
            <td>{typeof one.median_seconds_to_vote === "number" ? duration(one.median_seconds_to_vote) : "–"}</td>
            <td>{one.last_voted_at ? <Ago at={one.last_voted_at} /> : words.never}</td>
            <td>{typeof one.rubber_stamp_ratio === "number" ? percent(one.rubber_stamp_ratio) : "–"}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
