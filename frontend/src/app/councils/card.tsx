import { Anchor, Badge, Card, Group, Text, Title } from "@mantine/core";
import Link from "next/link";
import { Domains } from "./domains";
import type { Council, usePending } from "./queries";
import { inShort } from "@/components/policy-words";
import { StatusBadge } from "@/components/status-badge";
import { councilTexts } from "@/texts";

type Props = { council: Council; pending: ReturnType<typeof usePending>["data"] };

/** A council in the list: what it is for, who decides by which policy, and how much waits for it. */
export function CouncilCard({ council, pending }: Props) {
  const { id, name, purpose, is_default, state, seats, policy } = council;
  const holders = seats.map((seat) => (seat.seat === "chair" ? `${seat.name} (${councilTexts.kinds.chair})` : seat.name));
  return (
    <Card withBorder component="li">
      <Group justify="space-between" gap="xs" wrap="nowrap" align="start">
        <Title order={2} size="h4">
          <Anchor component={Link} href={`/councils/${id}`} inherit>
            {name}
          </Anchor>
        </Title>
        <Group gap={6} wrap="nowrap" style={{ flex: "none" }}>
          {is_default && (
            <Badge variant="default" tt="none" title={councilTexts.defaultHint}>
              {councilTexts.default}
            </Badge>
          )}
          {state === "retired" && <StatusBadge status={state} />}
        </Group>
      </Group>
      <Text c="dimmed" size="sm" lineClamp={3} mt={4} mb="sm">
        {purpose}
      </Text>
      <Domains of={council} />
      <Text size="sm" mt="sm">
        {inShort(policy)}
      </Text>
      <Text size="sm" mt={4}>
        {holders.length > 0 ? `${councilTexts.seatCount(holders.length)}: ${holders.join(", ")}` : councilTexts.noSeats}
      </Text>
      {state === "active" && pending && <Waiting id={id} pending={pending} />}
    </Card>
  );
}

function Waiting({ id, pending: { workflows, isAll } }: { id: string; pending: NonNullable<Props["pending"]> }) {
  const reviews = workflows.flatMap((workflow) => workflow.reviews);
  const open = reviews.filter(({ council_id, outcome }) => council_id === id && outcome === "open").length;
  return (
    <Text size="sm" fw={open > 0 ? 600 : undefined} c={open > 0 ? undefined : "dimmed"} mt="auto" pt="sm">
      {open > 0 ? councilTexts.open(open, isAll) : councilTexts.noOpen}
    </Text>
  );
}
