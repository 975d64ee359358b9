"use client";

import { Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { OwnerSelect } from "./owner-select";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { adminTexts } from "@/texts";

type Fields = { name: string; owner_id: string };

type Props = {
  title: string;
  /** The word on the button that saves. */
  act: string;
  initial: Fields;
  saving: { error: Error | null; isPending: boolean };
  onSave: (fields: Fields) => void;
  onClose: () => void;
};

/** Asks what an agent is called and who answers for it. */
export function AgentForm({ title, act, initial, saving, onSave, onClose }: Props) {
  const [name, setName] = useState(initial.name);
  const [owner, setOwner] = useState(initial.owner_id);
  const said = formErrors(saving.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSave({ name: name.trim(), owner_id: owner });
  };
  return (
    <Dialog opened onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={adminTexts.agents.name}
            autoComplete="off"
            data-autofocus
            required
            maxLength={100}
            value={name}
            error={said["name"]}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <OwnerSelect owner={owner} onChoose={setOwner} error={said["owner_id"]} />
          {saving.error && Object.keys(said).length === 0 && <Failure error={saving.error} />}
          <DialogActs onCancel={onClose} type="submit" loading={saving.isPending}>
            {act}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}
