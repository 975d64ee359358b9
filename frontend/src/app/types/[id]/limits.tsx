"use client";

import { Button, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type Limits, useChangeLimits, useLimits } from "../queries";
import { Failure } from "@/components/failure";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { typeTexts } from "@/texts";

const words = typeTexts.limits;
const PRIORITIES = ["high", "normal", "low"] as const;

/** How urgent workflows of a type are and how many run at a time; admins change it. */
export function LimitsForm({ id }: { id: string }) {
  const limits = useLimits(id);
  return (
    <Section title={words.title} description={words.hint}>
      <Loaded query={limits}>
        {(now) => <Fields key={`${now.priority} ${now.max_running}`} id={id} now={now} />}
      </Loaded>
    </Section>
  );
}

function Fields({ id, now }: { id: string; now: Limits }) {
  const [priority, setPriority] = useState(now.priority);
  const [most, setMost] = useState(now.max_running?.toString() ?? "");
  const change = useChangeLimits(id);
  const count = most.trim() === "" ? null : Number(most);
  const isWrong = count !== null && !(Number.isInteger(count) && count >= 1 && count <= 10_000);
  const isSame = priority === now.priority && count === (now.max_running ?? null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isWrong) change.mutate({ priority, max_running: count });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Group gap="md" align="start">
          <NativeSelect
            label={words.priority}
            value={priority}
            onChange={(event) => setPriority(PRIORITIES.find((one) => one === event.currentTarget.value) ?? "normal")}
            data={PRIORITIES.map((value) => ({ value, label: words.priorities[value] }))}
          />
          <TextInput
            label={words.maxRunning}
            description={words.maxRunningHint}
            inputMode="numeric"
            value={most}
            onChange={(event) => setMost(event.currentTarget.value)}
            error={isWrong ? words.fault : null}
            inputWrapperOrder={["label", "input", "description", "error"]}
          />
        </Group>
        {change.error && <Failure error={change.error} />}
        <Group>
          <Button type="submit" variant="light" disabled={isSame || isWrong} loading={change.isPending}>
            {words.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
