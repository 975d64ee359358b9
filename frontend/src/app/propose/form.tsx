"use client";

import { Alert, Anchor, Button, Group, Stack, Text, TextInput, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconBan, IconSend } from "@tabler/icons-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { moneyOf, recordOf } from "./foreseen";
import { Outcome } from "./outcome";
import classes from "./propose.module.css";
import { usePropose } from "./queries";
import { WouldRun } from "./would-run";
import type { WorkflowType } from "../types/queries";
import { ApiError, isCode } from "@/api/error";
import type { components } from "@/api/schema";
import { Failure } from "@/components/failure";
import { Link } from "@/components/link";
import { type Free, type Schema, SchemaForm, initial, isObject, validatorOf } from "@/components/schema-form";
import { Section } from "@/components/section";
import { proposeTexts as words } from "@/texts";

/** What is foreseen is asked for once typing has paused for so long, in milliseconds. */
const PAUSE = 400;

type Props = { type: WorkflowType; earlier: components["schemas"]["Detail"] | null; supersedes: string | null };

/** The inputs, why, what would become of it, and the button. */
export default function Form({ type, earlier, supersedes }: Props) {
  const router = useRouter();
  const schema: Schema = type.input_schema;
  const [inputs, setInputs] = useState<Free>(() => {
    const begun = earlier?.inputs ?? initial(schema, schema);
    return isObject(begun) ? begun : {};
  });
  const [savings, setSavings] = useState(earlier?.weekly_savings ?? "");
  const [reason, setReason] = useState(earlier?.reason ?? "");
  const [isReadable, setReadable] = useState(true);
  const [isTried, setTried] = useState(false);
  const [hasLeft, setLeft] = useState(false);
  // What was refused is so until it is changed.
  const [refusedFor, setRefusedFor] = useState<Free | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const propose = usePropose();
  const validate = useMemo(() => validatorOf(schema), [schema]);

  const weeklySavings = moneyOf(savings);
  const faults = Object.keys(validate(inputs)).length + (weeklySavings === undefined ? 1 : 0) + (isReadable ? 0 : 1);
  const [draft] = useDebouncedValue(inputs, PAUSE);
  const [worth] = useDebouncedValue(weeklySavings, PAUSE);
  const whole = useMemo(() => (Object.keys(validate(draft)).length === 0 ? draft : null), [validate, draft]);

  const error = propose.error instanceof ApiError ? propose.error : null;
  const refused = useMemo(
    () =>
      Object.fromEntries(
        refusedFor === inputs
          ? (error?.fields ?? [])
              .filter(({ pointer }) => pointer.startsWith("/inputs"))
              .map(({ pointer, detail }) => [pointer.slice("/inputs".length), detail])
          : [],
      ),
    [error, refusedFor, inputs],
  );
  const faultOf = (field: string) => error?.fields.find(({ pointer }) => pointer === field)?.detail ?? null;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (faults > 0) {
      // The fields say what is wrong once they are drawn again.
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    propose.mutate(
      {
        workflow_type: type.id,
        version: type.version,
        inputs: inputs as Record<string, never>,
        ...(weeklySavings && { weekly_savings: weeklySavings }),
        ...(reason.trim() && { reason: reason.trim() }),
        ...(supersedes && { supersedes }),
      },
      {
        onSuccess: ({ id }) => router.push(`/workflows/${id}`),
        onError: () => setRefusedFor(inputs),
      },
    );
  };

  return (
    <form ref={form} onSubmit={submit} noValidate className={classes.layout}>
      <Stack style={{ gridArea: "form" }}>
        <Section title={words.inputs}>
          <SchemaForm
            schema={schema}
            value={inputs}
            onChange={setInputs}
            refused={refused}
            isTried={isTried}
            onReadable={setReadable}
          />
        </Section>
        <Section title={words.why}>
          <Stack gap="md">
            <TextInput
              label={words.savings}
              description={words.savingsHint}
              inputMode="decimal"
              value={savings}
              onChange={(event) => setSavings(event.currentTarget.value)}
              onBlur={() => setLeft(true)}
              error={
                weeklySavings === undefined && (hasLeft || isTried) ? words.savingsFault : faultOf("/weekly_savings")
              }
            />
            <Textarea
              label={words.reason}
              description={words.reasonHint}
              autosize
              minRows={2}
              maxLength={2000}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              error={faultOf("/reason")}
            />
          </Stack>
        </Section>
      </Stack>
      <Stack style={{ gridArea: "aside" }}>
        <Outcome type={type} inputs={whole} weeklySavings={worth ?? null} />
        <WouldRun type={type} inputs={whole} />
      </Stack>
      <Stack style={{ gridArea: "submit" }}>
        {isCode(error, "blocked_by_policy") ? (
          <Blocked message={error?.message ?? ""} />
        ) : (
          propose.error && <Failure error={propose.error} />
        )}
        <Group>
          <Button type="submit" size="md" loading={propose.isPending} leftSection={<IconSend size={18} aria-hidden />}>
            {words.submit}
          </Button>
          <Text size="sm" c="var(--mantine-color-error)" role="status">
            {isTried && faults > 0 ? words.mend(faults) : ""}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

function Blocked({ message }: { message: string }) {
  const record = recordOf(message);
  return (
    <Alert color="red" role="alert" title={words.blockedTitle} icon={<IconBan aria-hidden />}>
      <Text size="sm">{words.blocked}</Text>
      <Text size="sm" c="dimmed" mt={4}>
        {message}
      </Text>
      {record && (
        <Anchor component={Link} href={`/workflows/${record}`} size="sm">
          {words.blockedLink}
        </Anchor>
      )}
    </Alert>
  );
}
