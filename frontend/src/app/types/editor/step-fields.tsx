"use client";

import { Button, Card, Group, NativeSelect, SimpleGrid, Stack, TextInput, Title } from "@mantine/core";
import { type Icon, IconArrowDown, IconArrowUp, IconTrash, IconWand } from "@tabler/icons-react";
import { type Fault, type StepDraft, faultAt, faultsAt, isCount, isObjectText } from "./draft";
import { EXAMPLES, KINDS } from "./examples";
import { JsonEditor } from "@/components/json-editor";
import { inboxTexts, typeTexts } from "@/texts";

const words = typeTexts.editor;

type Props = {
  step: StepDraft;
  index: number;
  count: number;
  faults: readonly Fault[];
  onChange: (step: StepDraft) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
};

/** One step of a type that is being written. */
export function StepFields({ step, index, count, faults, onChange, onMove, onRemove }: Props) {
  const place = `/steps/${index}`;
  const of = (field: string) => faultsAt(faults, `${place}/${field}`);
  const whole = faultAt(faults, place);
  const kinds = KINDS.includes(step.kind) ? KINDS : [...KINDS, step.kind];
  return (
    <Card withBorder padding="md" component="li">
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Title order={3} size="h5">
            {words.step(index + 1)}
          </Title>
          <Group gap={4}>
            <Act label={words.up(index + 1)} icon={IconArrowUp} isOff={index === 0} onClick={() => onMove(-1)} />
            <Act label={words.down(index + 1)} icon={IconArrowDown} isOff={index === count - 1} onClick={() => onMove(1)} />
            <Act label={words.remove(index + 1)} icon={IconTrash} color="red.9" onClick={onRemove} />
          </Group>
        </Group>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
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
        </SimpleGrid>
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

type ActProps = { label: string; icon: Icon; color?: string; isOff?: boolean; onClick: () => void };

function Act({ label, icon: Sign, color, isOff, onClick }: ActProps) {
  return (
    <Button variant="subtle" {...(color && { color })} px="xs" disabled={isOff ?? false} aria-label={label} title={label} onClick={onClick}>
      <Sign size={16} aria-hidden />
    </Button>
  );
}
