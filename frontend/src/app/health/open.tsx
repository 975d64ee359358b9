import { Card, Group, Stack, Text } from "@mantine/core";
import { EditNote } from "./edit-note";
import { type Status, useIncidents } from "./queries";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Ago } from "@/components/time";
import { healthTexts as words } from "@/texts";

type Props = { incidents: Status["incidents"]; titles: Map<string, string> };

/** What is not well now, since when, and what people are told. The status knows these even when the database does not answer. */
export function Open({ incidents, titles }: Props) {
  const known = useIncidents().data?.pages.flatMap((page) => page.incidents) ?? [];
  return (
    <Section title={words.open}>
      {incidents.length === 0 ? (
        <Text size="sm" c="dimmed">
          {words.noneOpen}
        </Text>
      ) : (
        <Stack gap="sm">
          {incidents.map(({ check, impact, opened_at, note }) => {
            const title = titles.get(check) ?? check;
            const stored = known.find((one) => one.check === check && !one.closed_at);
            return (
              <Card withBorder padding="sm" key={`${check} ${opened_at}`} component="article" aria-label={title}>
                <Group justify="space-between" gap="xs">
                  <Group gap="sm">
                    <Text fw={600}>{title}</Text>
                    <StatusBadge status={impact} size="sm" />
                    <Text size="sm" c="dimmed">
                      {words.since} <Ago at={opened_at} />
                    </Text>
                  </Group>
                  {stored && <EditNote incident={stored} part={title} />}
                </Group>
                <Text size="sm" mt={4} c={note ? undefined : "dimmed"} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
                  {note ?? `${words.note}: ${words.noNote}`}
                </Text>
              </Card>
            );
          })}
        </Stack>
      )}
    </Section>
  );
}
