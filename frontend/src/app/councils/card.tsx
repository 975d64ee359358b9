import { Anchor, Badge, Card, Group, Text, Title } from "@mantine/core";
import { useDebouncedValue, useInViewport } from "@mantine/hooks";
import { Domains } from "./domains";
import { type Council, isOpenIn, usePending } from "./queries";
import { Link } from "@/components/link";
import { inShort } from "@/components/policy-words";
import { StatusBadge } from "@/components/status-badge";
import { councilTexts } from "@/texts";

/** More open reviews than so many are told as "or more". */
const MOST = 50;

/** A council in the list: what it is for, who decides by which policy, and how much waits for it. */
export function CouncilCard({ council }: { council: Council }) {
  const { id, name, purpose, is_default, state, seats, policy } = council;
  const holders = seats.map((seat) =>
    seat.seat === "chair" ? `${seat.name} (${councilTexts.kinds.chair})` : seat.name,
  );
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
      {state === "active" && <Waiting council={id} />}
    </Card>
  );
}

/** How many reviews are open; asked for while the card is in sight, and not while somebody scrolls past. */
function Waiting({ council }: { council: string }) {
  const { ref, inViewport } = useInViewport();
  const [isSeen] = useDebouncedValue(inViewport, 200);
  const { data } = usePending(council, { limit: MOST, enabled: isSeen });
  const open = data?.workflows.flatMap(({ reviews }) => reviews).filter(isOpenIn(council)).length ?? 0;
  const isNone = data?.isAll && open === 0;
  return (
    <Text
      ref={ref}
      size="sm"
      mih="2.2em"
      fw={open > 0 ? 600 : undefined}
      c={open > 0 ? undefined : "dimmed"}
      mt="auto"
      pt="sm"
    >
      {open > 0 && data && councilTexts.open(open, data.isAll)}
      {isNone && councilTexts.noOpen}
    </Text>
  );
}
