import { Alert, Anchor, Badge, Group, Table, Text, Title } from "@mantine/core";
import Link from "next/link";
import type { DeadLetter, Outcome, Retried } from "./queries";
import { useCouncils } from "../../councils/queries";
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
      <Table.ScrollContainer minWidth={460} mah={320} type="native" scrollAreaProps={{ tabIndex: 0 }}>
        <Table aria-label={dry_run ? words.wouldBe : words.wasDone} stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.workflow}</Table.Th>
              <Table.Th>{words.outcome}</Table.Th>
              <Table.Th>{words.why}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {outcomes.map((one) => (
              <Table.Tr key={one.workflow_id}>
                <Table.Td>
                  <Anchor component={Link} href={`/workflows/${one.workflow_id}`} size="sm">
                    {typeOf(one.workflow_id)}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Badge color={COLORS[one.outcome]} variant="dot" radius="sm" tt="none">
                    {words.outcomes[one.outcome]}
                  </Badge>
                </Table.Td>
                <Table.Td>{why(one)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
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
