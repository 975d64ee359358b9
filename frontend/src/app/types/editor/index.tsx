"use client";

import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { About } from "./about";
import { type Draft, begun, contentOf, draftOf, faultsAt, isObjectText } from "./draft";
import { useSave } from "./queries";
import { Stale } from "./stale";
import { Steps } from "./steps";
import { Try } from "./try";
import { type WorkflowType, useType } from "../queries";
import classes from "../types.module.css";
import { ApiError } from "@/api/error";
import { Failure } from "@/components/failure";
import { JsonEditor } from "@/components/json-editor";
import { Link } from "@/components/link";
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
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
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
  const isWrong = faults.length > 0 || (isTried && !content);
  return (
    <div className={from ? classes.beside : undefined}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <About draft={draft} isNew={!from} faults={faults} onChange={change} />
          <Section title={words.inputs} description={words.inputsHint}>
            <JsonEditor
              label={words.schema}
              value={draft.schema}
              error={isObjectText(draft.schema) ? faultsAt(faults, "/input_schema") : words.object}
              onChange={(schema) => change({ schema })}
            />
          </Section>
          <Steps steps={draft.steps} faults={faults} onChange={(steps) => change({ steps })} onMoved={save.reset} />
          {isStale && <Stale id={draft.id} isLoading={theirs.isFetching} onGoOn={() => void goOn()} />}
          {isGoingOn && !save.error && <Alert color="yellow">{words.goingOn}</Alert>}
          {save.error && !isStale && <Failure error={save.error} />}
          <Text size="sm" c={isWrong ? "var(--mantine-color-error)" : "dimmed"} role="status">
            {faults.length > 0 ? words.refused(faults.length) : isWrong ? words.broken : words.checked}
          </Text>
          <Group>
            <Button type="submit" loading={save.isPending}>
              {from ? words.save : words.create}
            </Button>
            <Button
              component={Link}
              href={from ? `/types/${encodeURIComponent(from.value.id)}` : "/types"}
              variant="default"
            >
              {texts.cancel}
            </Button>
          </Group>
          {!from && (
            <Text size="sm" c="dimmed">
              {words.tryNew}
            </Text>
          )}
        </Stack>
      </form>
      {from && <Try type={from.value} />}
    </div>
  );
}
