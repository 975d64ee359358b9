import { Anchor, Group, Text } from "@mantine/core";
import { IconRobot, IconServerCog, IconUser } from "@tabler/icons-react";
import type { Named } from "../names";
import type { Row } from "./queries";
import { shortId } from "./short-id";
import { Link } from "@/components/link";
import { adminTexts } from "@/texts";

const text = adminTexts.audit;
const ICONS = { user: IconUser, agent: IconRobot, system: IconServerCog, anonymous: IconUser };

/** Who a row is by, by name where it is known, with the way to their page. */
export function Who({ row, names }: { row: Row; names: Map<string, Named> | undefined }) {
  const { actor_kind: kind, actor_id: id } = row;
  const Icon = ICONS[kind];
  const known = id ? names?.get(id) : undefined;
  return (
    <Group gap={4} wrap="nowrap">
      <Icon size={15} stroke={1.7} aria-label={kind} style={{ flex: "none" }} />
      {known ? (
        <Anchor component={Link} href={known.href} size="sm">
          {known.name || shortId(known.id)}
        </Anchor>
      ) : (
        <Text span size="sm" title={id ?? undefined}>
          {kind === "system" ? text.system : kind === "anonymous" ? text.anonymous : id ? shortId(id) : text.unknown}
        </Text>
      )}
    </Group>
  );
}
