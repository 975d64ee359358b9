"use client";

import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useSecrets, useSetSecret } from "./queries";
import { ApiError } from "@/api/error";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { PasswordInput } from "@/components/password-input";
import { adminTexts } from "@/texts";

const text = adminTexts.secrets;

/** Sets a secret, or replaces the one of this name. */
export function SetSecret({ name: replaced, onClose }: { name: string | null; onClose: () => void }) {
  const list = useSecrets();
  const known = list.data?.pages.flatMap(({ secrets }) => secrets) ?? [];
  // What is replaced is the secret that was seen when the form was opened, until it is loaded again.
  const [before, setBefore] = useState(() => known.find(({ name }) => name === replaced) ?? null);
  const [name, setName] = useState(replaced ?? "");
  const [value, setValue] = useState("");
  const [description, setDescription] = useState(before?.description ?? "");
  const set = useSetSecret();
  const said = formErrors(set.error);
  const isTaken = replaced === null && known.some((secret) => secret.name === name.trim());
  const isStale = set.error instanceof ApiError && set.error.status === 412;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isTaken) set.mutate({ name: name.trim(), value, description, before }, { onSuccess: onClose });
  };
  const reload = async () => {
    const { data } = await list.refetch();
    setBefore(data?.pages.flatMap(({ secrets }) => secrets).find((secret) => secret.name === replaced) ?? null);
    set.reset();
  };
  return (
    <Dialog opened onClose={onClose} title={replaced ? text.replaceTitle(replaced) : text.set}>
      <form onSubmit={submit}>
        <Stack>
          {replaced && <Text size="sm">{text.replaceHint}</Text>}
          {!replaced && (
            <TextInput
              label={text.name}
              description={text.nameHint}
              autoComplete="off"
              data-autofocus
              required
              maxLength={64}
              value={name}
              error={isTaken ? text.taken : said["name"]}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
          <PasswordInput
            label={text.value}
            description={text.valueHint}
            autoComplete="off"
            required
            minLength={8}
            {...(replaced && { "data-autofocus": true })}
            value={value}
            error={said["value"]}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
          <TextInput
            label={text.descriptionLabel}
            maxLength={200}
            value={description}
            error={said["description"]}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          {isStale && (
            <Alert color="yellow" role="alert">
              <Text size="sm">{text.changed}</Text>
              <Button size="xs" variant="default" mt="xs" onClick={() => void reload()}>
                {text.reload}
              </Button>
            </Alert>
          )}
          {set.error && !isStale && Object.keys(said).length === 0 && <Failure error={set.error} />}
          <DialogActs onCancel={onClose} type="submit" loading={set.isPending}>
            {replaced ? text.replace : text.act}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}
