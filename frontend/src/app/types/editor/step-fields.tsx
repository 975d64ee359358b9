"use client";

import { Button, Card, Group, NativeSelect, Stack, TextInput, Title } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconTrash, IconWand } from "@tabler/icons-react";
import { type StepDraft, faultsAt, isCount, isObjectText } from "./draft";
import { EXAMPLES, KINDS } from "./examples";
import { JsonEditor } from "@/components/json-editor";
import { inboxTexts, typeTexts } from "@/texts";

const words = typeTexts.editor;

type Props = {
  step: StepDraft;
  index: number;
  count: number;
  faults: readonly { pointer: string; detail: string }[];
  onChange: (step: StepDraft) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
};

/** One step of a type that is being written. */
export function StepFields({ step, index, count, faults, onChange, onMove, onRemove }: Props) {
  const place = `/steps/${index}`;
  const of = (field: string) => faultsAt(faults, `${place}/${field}`);
  const whole = faults.find(({ pointer }) => pointer === place)?.detail ?? null;
  const kinds = KINDS.includes(step.kind) ? KINDS : [...KINDS, step.kind];
  return (
    <Card withBorder padding="md" component="li">
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Title order={3} size="h5">
            {words.step(index + 1)}
          </Title>
          <Group gap={4}>
            <Button variant="subtle" px="xs" disabled={index === 0} aria-label={words.up(index + 1)} title={words.up(index + 1)} onClick={() => onMove(-1)}>
              <IconArrowUp size={16} aria-hidden />
            </Button>
            <Button variant="subtle" px="xs" disabled={index === count - 1} aria-label={words.down(index + 1)} title={words.down(index + 1)} onClick={() => onMove(1)}>
              <IconArrowDown size={16} aria-hidden />
            </Button>
            <Button variant="subtle" color="red.9" px="xs" aria-label={words.remove(index + 1)} title={words.remove(index + 1)} onClick={onRemove}>
              <IconTrash size={16} aria-hidden />
            </Button>
          </Group>
        </Group>
        <Group gap="sm" align="start" grow preventGrowOverflow={false}>
          <TextInput
            label={words.stepName}
            required
            value={step.name}
            error={of("name") ?? whole}
            onChange={(event) => onChange({ ...step, name: event.currentTarget.value })}
          />
          <NativeSelect
            label={words.kind}
            value={step.kind}
            error={of("kind")}
            onChange={(event) => onChange({ ...step, kind: kinds.find((kind) => kind === event.currentTarget.value) ?? step.kind })}
            data={kinds.map((kind) => ({ value: kind, label: `${inboxTexts.step.kinds[kind] ?? kind} (${kind})` }))}
          />
          <TextInput
            label={words.attempts}
            inputMode="numeric"
            placeholder="5"
            value={step.attempts}
            error={isCount(step.attempts) ? of("max_attempts") : words.whole}
            onChange={(event) => onChange({ ...step, attempts: event.currentTarget.value })}
          />
          <TextInput
            label={words.timeout}
            inputMode="numeric"
            placeholder="30"
            value={step.timeout}
            error={isCount(step.timeout) ? of("timeout_seconds") : words.whole}
            onChange={(event) => onChange({ ...step, timeout: event.currentTarget.value })}
          />
        </Group>
        <JsonEditor
          label={words.withOf(step.name)}
          value={step.with}
          error={isObjectText(step.with) ? of("with") : words.object}
          onChange={(text) => onChange({ ...step, with: text })}
        />
        <Group>
          <Button
            variant="subtle"
            size="xs"
            leftSection={<IconWand size={14} aria-hidden />}
            onClick={() => onChange({ ...step, with: JSON.stringify(EXAMPLES[step.kind], null, 2) })}
          >
            {words.example}
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
