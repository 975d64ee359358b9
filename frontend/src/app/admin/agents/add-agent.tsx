"use client";

import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { OwnerSelect } from "./owner-select";
import { useAddAgent } from "./queries";
import { useUser } from "@/api/session";
import { Dialog } from "@/components/dialog";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { adminTexts, texts } from "@/texts";

const text = adminTexts.agents;

/** Adds an agent. */
export function AddAgent({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const me = useUser();
  const [name, setName] = useState("");
  const [owner, setOwner] = useState(me.id);
  const add = useAddAgent();
  const said = formErrors(add.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const onSuccess = ({ id }: { id: string }) => {
      onClose();
      router.push(`/admin/agents/${id}`);
    };
    add.mutate({ name: name.trim(), owner_id: owner }, { onSuccess });
  };
  return (
    <Dialog opened onClose={onClose} title={text.add}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={text.name}
            autoComplete="off"
            data-autofocus
            required
            maxLength={100}
            value={name}
            error={said["name"]}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <OwnerSelect owner={owner} onChoose={setOwner} error={said["owner_id"]} />
          {add.error && Object.keys(said).length === 0 && <Failure error={add.error} />}
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {texts.cancel}
            </Button>
            <Button type="submit" loading={add.isPending}>
              {text.addAct}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
