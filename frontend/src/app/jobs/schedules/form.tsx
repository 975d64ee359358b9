import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput, Textarea } from "@mantine/core";
import { type FormEvent, useMemo, useState } from "react";
import { bodyOf, draftOf, type Draft } from "./draft";
import { Inputs } from "./inputs";
import { type Schedule, type Tagged, useReload, useSave } from "./queries";
import { When } from "./when";
import { useType } from "../../types/queries";
import { useTypeNames } from "../../workflows/list";
import { ApiError } from "@/api/error";
import { Failure } from "@/components/failure";
import { useFirstWrong } from "@/components/first-wrong";
import { formErrors } from "@/components/form-errors";
import { type Free, type Schema, initial, isObject, validatorOf } from "@/components/schema-form";
import { Section } from "@/components/section";
import { jobTexts, proposeTexts, texts } from "@/texts";

const words = jobTexts.schedules;

type Props = { from: Tagged | null; onSaved: (schedule: Schedule) => void; onCancel: () => void };

function begin(schema: Schema): Free {
  const begun = initial(schema, schema);
  return isObject(begun) ? begun : {};
}

/** Makes a schedule, or changes one. */
export default function Form({ from, onSaved, onCancel }: Props) {
  // What others change meanwhile is not loaded over what is typed.
  const [base, setBase] = useState(from);
  const [draft, setDraft] = useState(() => draftOf(from?.value ?? null));
  const [inputs, setInputs] = useState<Free | null>(from ? from.value.inputs : null);
  const [isReadable, setReadable] = useState(true);
  const [isTried, setTried] = useState(false);
  const types = useTypeNames();
  const type = useType(draft.type).data?.value;
  const save = useSave(base);
  const reload = useReload(base?.value.id ?? "");
  const { form, pointOut } = useFirstWrong(save.error);

  const schema = type?.id === draft.type ? type.input_schema : null;
  const validate = useMemo(() => (schema ? validatorOf(schema) : null), [schema]);
  const given = inputs ?? (schema ? begin(schema) : {});
  const body = bodyOf(draft, given);
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const refused: Record<string, string | undefined> = formErrors(save.error);
  const refusedInputs = useMemo(
    () =>
      Object.fromEntries(
        (save.error instanceof ApiError ? save.error.fields : [])
          .filter(({ pointer }) => pointer.startsWith("/inputs"))
          .map(({ pointer, detail }) => [pointer.slice("/inputs".length), detail]),
      ),
    [save.error],
  );
  const isConflict = save.error instanceof ApiError && save.error.status === 412;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const isWhole = draft.name.trim() && draft.cron.trim() && draft.zone.trim() && draft.type;
    if (!body || !isWhole || !isReadable || !validate || Object.keys(validate(given)).length > 0) return pointOut();
    save.mutate(body, { onSuccess: onSaved });
  };
  const needed = (value: string) => (isTried && !value.trim() ? words.needed : undefined);
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <Stack maw={760}>
        <Section title={words.about}>
          <Stack gap="md">
            <TextInput
              label={words.name}
              required
              maxLength={100}
              value={draft.name}
              onChange={(event) => change({ name: event.currentTarget.value })}
              error={refused["name"] ?? needed(draft.name)}
            />
            <NativeSelect
              label={words.type}
              required
              value={draft.type}
              onChange={(event) => {
                change({ type: event.currentTarget.value });
                setInputs(null);
                setReadable(true);
              }}
              data={[{ value: "", label: words.choose }, ...withChosen(types.data ?? [], draft.type)]}
              error={refused["workflow_type"] ?? needed(draft.type)}
            />
            <Textarea
              label={words.reason}
              description={words.reasonHint}
              autosize
              minRows={2}
              maxLength={2000}
              value={draft.reason}
              onChange={(event) => change({ reason: event.currentTarget.value })}
              error={refused["reason"]}
            />
            <TextInput
              label={words.savings}
              description={words.savingsHint}
              inputMode="decimal"
              value={draft.savings}
              onChange={(event) => change({ savings: event.currentTarget.value })}
              error={refused["weekly_savings"] ?? (isTried && !body ? proposeTexts.savingsFault : undefined)}
            />
          </Stack>
        </Section>
        <When
          draft={draft}
          change={change}
          errors={{ ...refused, cron: refused["cron"] ?? needed(draft.cron), time_zone: refused["time_zone"] ?? needed(draft.zone) }}
        />
        <Inputs
          type={draft.type}
          inputs={inputs}
          begin={begin}
          onChange={setInputs}
          onReadable={setReadable}
          refused={refusedInputs}
          isTried={isTried}
        />
        {isConflict ? (
          <Alert color="yellow" title={words.conflict} role="alert">
            <Text size="sm" mb="sm">
              {words.conflictHint}
            </Text>
            <Button
              size="xs"
              variant="default"
              loading={reload.isPending}
              onClick={() =>
                reload.mutate(undefined, {
                  onSuccess: (now) => {
                    setBase(now);
                    save.reset();
                  },
                })
              }
            >
              {words.reload}
            </Button>
          </Alert>
        ) : (
          save.error && <Failure error={save.error} />
        )}
        {reload.data && !save.error && <Alert color="blue">{words.reloaded(reload.data.value.version)}</Alert>}
        <Group gap="xs">
          <Button type="submit" loading={save.isPending}>
            {base ? words.save : words.create}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {texts.cancel}
          </Button>
          {!isReadable && (
            <Text size="sm" c="var(--mantine-color-error)" role="status">
              {words.badJson}
            </Text>
          )}
        </Group>
      </Stack>
    </form>
  );
}

/** What is chosen is an option before it is known what there is to choose from. */
function withChosen(options: { value: string; label: string }[], chosen: string) {
  const isKnown = chosen === "" || options.some(({ value }) => value === chosen);
  return isKnown ? options : [...options, { value: chosen, label: chosen }];
}
