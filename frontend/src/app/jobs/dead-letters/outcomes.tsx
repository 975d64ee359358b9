import { Alert, Anchor, Badge, Group, Text, Title } from "@mantine/core";
import type { DeadLetter, Outcome, Retried } from "./queries";
import { useCouncils } from "../../councils/queries";
import { Link } from "@/components/link";
import { Table } from "@/components/table";
import { jobTexts } from "@/texts";

const words = jobTexts.dead;

const COLORS = { queued: "teal", pending_review: "yellow", refused: "red", skipped: "gray" };

type Props = { of: Retried; rows: DeadLetter[] };

/** What became, or would become, of each. */
export function Outcomes({ of: { counts, outcomes, more, dry_run, bulk_id }, rows }: Props) {
  const councils = useCouncils();
  const nameOf = (id: string) => councils.data?.find((council) => council.id === id)?.name ?? id;
  const typeOf = (id: string) => rows.find(({ workflow_id }) => workflow_id === id)?.workflow_type.name ?? id;
  const why = ({ because, new_votes }: Outcome) =>
    because ?? new_votes.map((vote) => words.newVote(nameOf(vote.council_id), words.because[vote.because])).join("; ");
  const said = [
    counts.queued > 0 && words.queued(counts.queued),
    counts.pending_review > 0 && words.review(counts.pending_review),
    counts.refused > 0 && words.refused(counts.refused),
    counts.skipped > 0 && words.skipped(counts.skipped),
  ].filter((one) => one !== false);
  return (
    <section aria-live="polite">
      <Title order={3} size="h6">
        {dry_run ? words.wouldBe : words.wasDone}
      </Title>
      <Group gap="xs" my="xs">
        {said.map((one) => (
          <Text key={one} size="sm" fw={550}>
            {one}
          </Text>
        ))}
      </Group>
      <Table label={dry_run ? words.wouldBe : words.wasDone} minWidth={460} maxHeight={320}>
        <thead>
          <tr>
            <th>{words.workflow}</th>
            <th>{words.outcome}</th>
            <th>{words.why}</th>
          </tr>
        </thead>
        <tbody>
          {outcomes.map((one) => (
            <tr key={one.workflow_id}>
              <td>
                <Anchor component={Link} href={`/workflows/${one.workflow_id}`} size="sm">
                  {typeOf(one.workflow_id)}
                </Anchor>
              </td>
              <td>
                <Badge color={COLORS[one.outcome]} variant="dot" radius="sm" tt="none">
                  {words.outcomes[one.outcome]}
                </Badge>
              </td>
              <td>{why(one)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      {more && (
        <Alert color="blue" mt="xs">
          {dry_run ? words.moreWould(outcomes.length) : words.more(outcomes.length)}
        </Alert>
      )}
      {bulk_id && (
        <Text size="xs" c="dimmed" mt="xs">
          {words.record(bulk_id)}
        </Text>
      )}
    </section>
  );
}
