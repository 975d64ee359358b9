import { List, Text, Timeline } from "@mantine/core";
import type { components } from "@/api/schema";
import { Time } from "@/components/time";
import { councilTexts } from "@/texts";

type Version = components["schemas"]["PolicyVersion"];

const words = councilTexts.policy;

/** The versions of a policy, each with what changed, when, and by whom. */
export function History({ versions }: { versions: Version[] }) {
  return (
    <Timeline active={0} bulletSize={14} lineWidth={2}>
      {versions.map(({ version, created_at, created_by_name, changes }) => (
        <Timeline.Item key={version} title={words.version(version)}>
          <Text size="sm" c="dimmed">
            <Time at={created_at} /> {words.by(created_by_name ?? words.product)}
          </Text>
          <Changes of={changes} none={version === 1 ? words.first : words.unchanged} />
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

/** How one version differs from another, in the API's sentences. */
export function Changes({ of, none }: { of: Version["changes"]; none: string }) {
  if (of.length === 0) return <Text size="sm">{none}</Text>;
  return (
    <List size="sm">
      {of.map(({ pointer, sentence }) => (
        <List.Item key={pointer} style={{ overflowWrap: "anywhere" }}>
          {sentence}
        </List.Item>
      ))}
    </List>
  );
}
