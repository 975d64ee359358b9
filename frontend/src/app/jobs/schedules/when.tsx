import { Button, Group, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useId, useMemo } from "react";
import { type Draft, partsOf } from "./draft";
import type { Missed } from "./queries";
import { Section } from "@/components/section";
import { jobTexts } from "@/texts";

const words = jobTexts.schedules;

const PARTS = [words.parts.minute, words.parts.hour, words.parts.day, words.parts.month, words.parts.weekday];
const MISSED: Missed[] = ["skip", "once", "all"];

type Props = { draft: Draft; change: (change: Partial<Draft>) => void; errors: Record<string, string | undefined> };

/** When it is due, on whose clocks, and what becomes of times that are missed. */
export function When({ draft, change, errors }: Props) {
  const zones = useId();
  // Browsers leave out the zone that all others are told by.
  const names = useMemo(() => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")], []);
  const parts = partsOf(draft.cron);
  return (
    <Section title={words.when} description={words.nextAfter}>
      <Stack gap="md">
        <div>
          <TextInput
            label={words.cron}
            description={words.cronHint}
            required
            maxLength={100}
            spellCheck={false}
            value={draft.cron}
            onChange={(event) => change({ cron: event.currentTarget.value })}
            error={errors["cron"]}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          />
          {parts && (
            <Text size="xs" c="dimmed" mt={4}>
              {parts.map((part, index) => `${PARTS[index]}: ${part === "*" ? words.parts.every : part}`).join(" · ")}
            </Text>
          )}
          <Group gap={6} mt="xs" role="group" aria-label={words.presets}>
            {Object.entries(words.presetOf).map(([cron, name]) => (
              <Button key={cron} size="compact-xs" variant="default" onClick={() => change({ cron })}>
                {name}
              </Button>
            ))}
          </Group>
        </div>
        <TextInput
          label={words.zone}
          required
          list={zones}
          autoComplete="off"
          spellCheck={false}
          value={draft.zone}
          onChange={(event) => change({ zone: event.currentTarget.value })}
          error={errors["time_zone"]}
        />
        <datalist id={zones}>
          {names.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        <Radio.Group
          label={words.missed}
          description={words.missedHint}
          value={draft.missed}
          onChange={(value) => change({ missed: MISSED.find((one) => one === value) ?? "skip" })}
          error={errors["missed"]}
        >
          <Stack gap="xs" mt="xs">
            {MISSED.map((missed) => (
              <Radio key={missed} value={missed} label={words.missedLong[missed]} />
            ))}
          </Stack>
        </Radio.Group>
      </Stack>
    </Section>
  );
}
