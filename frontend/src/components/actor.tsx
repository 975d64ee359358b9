import { Group, Text } from "@mantine/core";
import { IconRobot, IconServerCog, IconUser } from "@tabler/icons-react";
import type { components } from "@/api/schema";

type NamedActor = components["schemas"]["NamedActor"];

const ICONS = { user: IconUser, agent: IconRobot, system: IconServerCog, anonymous: IconUser };

/** Who did something: a person, an agent, or the system itself; `isShort` where there is one line only. */
export function Actor({ of, isShort }: { of: NamedActor; isShort?: boolean }) {
  const Icon = ICONS[of.kind];
  return (
    <Group gap={4} wrap="nowrap" display="inline-flex" maw="100%" style={{ verticalAlign: "bottom" }}>
      <Icon size={15} stroke={1.7} aria-label={of.kind} style={{ flex: "none" }} />
      <Text span size="sm" {...(isShort ? { truncate: true } : { style: { overflowWrap: "anywhere" } })}>
        {of.name ?? of.kind}
      </Text>
    </Group>
  );
}
