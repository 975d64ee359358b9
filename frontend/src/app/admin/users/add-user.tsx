"use client";

import { NativeSelect, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { ROLES, type Role, useAdd, useInvite } from "./queries";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { PasswordInput } from "@/components/password-input";
import { adminTexts, texts } from "@/texts";

const text = adminTexts.users;
const WAYS = [
  { value: "mail", label: text.byMail },
  { value: "password", label: text.withPassword },
] as const;

/** Adds somebody: by an invitation, or with a first password. */
export function AddUser({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const [way, setWay] = useState<(typeof WAYS)[number]["value"]>("mail");
  const [person, setPerson] = useState({ email: "", name: "", role: "council_operator" as Role });
  const [password, setPassword] = useState("");
  const invite = useInvite();
  const add = useAdd();
  const used = way === "mail" ? invite : add;
  const said = formErrors(used.error);
  const change = (part: Partial<typeof person>) => setPerson((before) => ({ ...before, ...part }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const onSuccess = ({ id }: { id: string }) => {
      onClose();
      router.push(`/admin/users/${id}`);
    };
    if (way === "mail") invite.mutate(person, { onSuccess });
    else add.mutate({ ...person, password }, { onSuccess });
  };
  return (
    <Dialog opened onClose={onClose} title={text.add}>
      <form onSubmit={submit}>
        <Stack>
          <SegmentedControl fullWidth aria-label={text.add} data={[...WAYS]} value={way} onChange={setWay} />
          <Text size="sm" c="dimmed">
            {way === "mail" ? text.byMailHint : text.withPasswordHint}
          </Text>
          <TextInput
            label={text.email}
            type="email"
            autoComplete="off"
            data-autofocus
            required
            maxLength={254}
            value={person.email}
            error={said["email"]}
            onChange={(event) => change({ email: event.currentTarget.value })}
          />
          <TextInput
            label={text.name}
            autoComplete="off"
            required
            maxLength={100}
            value={person.name}
            error={said["name"]}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
          <NativeSelect
            label={text.role}
            description={text.roleHints[person.role]}
            value={person.role}
            onChange={(event) =>
              change({ role: ROLES.find((role) => role === event.currentTarget.value) ?? person.role })
            }
            data={ROLES.map((value) => ({ value, label: texts.roles[value] }))}
          />
          {way === "password" && (
            <PasswordInput
              label={text.firstPassword}
              description={text.passwordHint}
              autoComplete="new-password"
              required
              minLength={12}
              maxLength={72}
              value={password}
              error={said["password"]}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          )}
          {used.error && Object.keys(said).length === 0 && <Failure error={used.error} />}
          <DialogActs onCancel={onClose} type="submit" loading={used.isPending}>
            {way === "mail" ? text.invite : text.create}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}
