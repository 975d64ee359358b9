import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { SERVICES, useSetLogLevel } from "./queries";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { jobTexts } from "@/texts";

const words = jobTexts.workers;

/** Changes what services log, for some minutes. */
export function SetLevel() {
  const [service, setService] = useState("");
  const [level, setLevel] = useState("debug");
  const [minutes, setMinutes] = useState("15");
  const set = useSetLogLevel();
  const errors = formErrors(set.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({
      level: level.trim(),
      minutes: Number(minutes),
      service: SERVICES.find((one) => one === service) ?? null,
    });
  };
  return (
    <form onSubmit={submit}>
      <Group align="start" gap="sm">
        <NativeSelect
          label={words.service}
          value={service}
          onChange={(event) => setService(event.currentTarget.value)}
          data={[{ value: "", label: words.everyService }, ...SERVICES]}
        />
        <TextInput
          label={words.level}
          description={words.levelHint}
          inputWrapperOrder={["label", "input", "error", "description"]}
          required
          value={level}
          onChange={(event) => setLevel(event.currentTarget.value)}
          error={errors.level}
          style={{ flex: "1 1 12rem", maxWidth: "22rem" }}
        />
        <TextInput
          label={words.minutes}
          required
          type="number"
          min={1}
          max={1440}
          value={minutes}
          onChange={(event) => setMinutes(event.currentTarget.value)}
          error={errors.minutes}
          w={190}
        />
        <Button type="submit" loading={set.isPending} mt={25}>
          {words.set}
        </Button>
      </Group>
      {set.error && Object.keys(errors).length === 0 && <Failure error={set.error} />}
    </form>
  );
}
