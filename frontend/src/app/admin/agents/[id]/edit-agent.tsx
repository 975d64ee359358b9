"use client";

import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { OwnerSelect } from "../owner-select";
import { type Agent, useChangeAgent } from "../queries";
import { Dialog } from "@/components/dialog";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { adminTexts, texts } from "@/texts";

/** Changes what an agent is called and who answers for it. */
export function EditAgent({ agent, onClose }: { agent: Agent; onClose: () => void }) {
  const [name, setName] = useState(agent.name);
  const [owner, setOwner] = useState(agent.owner_id);
  const change = useChangeAgent(agent.id);
  const said = formErrors(change.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ name: name.trim(), owner_id: owner }, { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title={adminTexts.agent.nameAndOwner}>
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
          {change.error && Object.keys(said).length === 0 && <Failure error={change.error} />}
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {texts.cancel}
            </Button>
            <Button type="submit" loading={change.isPending}>
              {texts.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
