"use client";

import { Alert, Anchor, Button, Group, Stack, Text, TextInput, Textarea } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { type Draft, type StepDraft, begun, contentOf, draftOf, faultsAt, isObjectText } from "./draft";
import { EXAMPLES } from "./examples";
import { useSave } from "./queries";
import { StepFields } from "./step-fields";
import { Try } from "./try";
import { type WorkflowType, useType } from "../queries";
import classes from "../types.module.css";
import { ApiError } from "@/api/error";
import { Failure } from "@/components/failure";
import { JsonEditor } from "@/components/json-editor";
import { Section } from "@/components/section";
import { texts, typeTexts } from "@/texts";

const words = typeTexts.editor;

/** Writes a new type, or the next version of one. */
export default function Editor({ from }: { from: { value: WorkflowType; etag: string } | null }) {
  const router = useRouter();
  const [draft, setDraft] = useState<Draft>(() => (from ? draftOf(from.value) : begun()));
  const [tag, setTag] = useState(from?.etag ?? null);
  const [isGoingOn, setGoingOn] = useState(false);
  const [isTried, setTried] = useState(false);
  const theirs = useType(from?.value.id ?? "");
  const save = useSave(tag);
  const error = save.error instanceof ApiError ? save.error : null;
  const isStale = error?.status === 412;
  const faults = error?.fields ?? [];
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const step = (index: number, to: StepDraft) => change({ steps: draft.steps.map((one, at) => (at === index ? to : one)) });
  const move = (index: number, by: -1 | 1) => {
    const steps = [...draft.steps];
    steps.splice(index + by, 0, ...steps.splice(index, 1));
    save.reset();
    change({ steps });
  };
  const content = contentOf(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!content) return;
    save.mutate(
      { id: draft.id.trim(), domain: draft.domain.trim(), content },
      { onSuccess: ({ id }) => router.push(`/types/${encodeURIComponent(id)}`) },
    );
  };
  const goOn = async () => {
    const { data } = await theirs.refetch();
    if (!data) return;
    setTag(data.etag);
    setGoingOn(true);
    save.reset();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Section title={words.about}>
          <Stack gap="md">
            {!from && (
              <>
                <TextInput label={words.id} description={words.idHint} required value={draft.id} error={faultsAt(faults, "/id")} onChange={(event) => change({ id: event.currentTarget.value })} />
                <TextInput label={typeTexts.domain} description={words.domainHint} required value={draft.domain} error={faultsAt(faults, "/domain")} onChange={(event) => change({ domain: event.currentTarget.value })} />
              </>
            )}
            <TextInput label={words.name} required value={draft.name} error={faultsAt(faults, "/name")} onChange={(event) => change({ name: event.currentTarget.value })} />
            <Textarea label={words.description} autosize minRows={2} value={draft.description} error={faultsAt(faults, "/description")} onChange={(event) => change({ description: event.currentTarget.value })} />
          </Stack>
        </Section>
        <Section title={words.inputs} description={words.inputsHint}>
          <JsonEditor
            label={words.schema}
            value={draft.schema}
            error={isObjectText(draft.schema) ? faultsAt(faults, "/input_schema") : words.object}
            onChange={(schema) => change({ schema })}
          />
        </Section>
        <Section title={words.steps} description={words.stepsHint}>
          <Stack>
            {draft.steps.length === 0 && <Text size="sm" c="dimmed">{words.noSteps}</Text>}
            <ol className={classes.steps}>
              {draft.steps.map((one, index) => (
                <StepFields
                  key={one.key}
                  step={one}
                  index={index}
                  count={draft.steps.length}
                  faults={faults}
                  onChange={(to) => step(index, to)}
                  onMove={(by) => move(index, by)}
                  onRemove={() => {
                    save.reset();
                    change({ steps: draft.steps.filter((_, at) => at !== index) });
                  }}
                />
              ))}
            </ol>
            {faults.some(({ pointer }) => pointer === "/steps") && (
              <Text size="sm" c="var(--mantine-color-error)" role="alert">
                {faults.find(({ pointer }) => pointer === "/steps")?.detail}
              </Text>
            )}
            <Group>
              <Button
                variant="light"
                leftSection={<IconPlus size={16} aria-hidden />}
                onClick={() =>
                  change({
                    steps: [
                      ...draft.steps,
                      { key: crypto.randomUUID(), name: "", kind: "render_template", attempts: "", timeout: "", with: JSON.stringify(EXAMPLES.render_template, null, 2) },
                    ],
                  })
                }
              >
                {words.addStep}
              </Button>
            </Group>
          </Stack>
        </Section>
        {isStale && (
          <Alert color="yellow" role="alert">
            <Text size="sm">{words.stale}</Text>
            <Group mt="xs" gap="sm">
              <Anchor component={Link} href={`/types/${encodeURIComponent(draft.id)}`} target="_blank" size="sm">
                {words.seeTheirs}
              </Anchor>
              <Button size="xs" variant="default" loading={theirs.isFetching} onClick={() => void goOn()}>
                {words.goOn}
              </Button>
            </Group>
          </Alert>
        )}
        {isGoingOn && !save.error && <Alert color="yellow">{words.goingOn}</Alert>}
        {save.error && !isStale && <Failure error={save.error} />}
        <Text size="sm" c={faults.length > 0 || (isTried && !content) ? "var(--mantine-color-error)" : "dimmed"} role="status">
          {faults.length > 0 ? words.refused(faults.length) : isTried && !content ? words.broken : words.checked}
        </Text>
        <Group>
          <Button type="submit" loading={save.isPending}>
            {from ? words.save : words.create}
          </Button>
          <Button component={Link} href={from ? `/types/${encodeURIComponent(from.value.id)}` : "/types"} variant="default">
            {texts.cancel}
          </Button>
        </Group>
        {from ? <Try type={from.value} /> : <Text size="sm" c="dimmed">{words.tryNew}</Text>}
      </Stack>
    </form>
  );
}
