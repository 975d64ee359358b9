"use client";

import { Anchor, Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ROLES, type User, useChange } from "../queries";
import { useUser } from "@/api/session";
import { Short } from "@/components/code";
import { Pairs } from "@/components/facts";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { Link } from "@/components/link";
import { Section } from "@/components/section";
import { Time } from "@/components/time";
import { adminTexts, texts } from "@/texts";

const text = adminTexts.user;

/** Changes what a person is called, and what they are to the system. */
export function NameAndRole({ person }: { person: User }) {
  const me = useUser();
  const [name, setName] = useState(person.name);
  const [role, setRole] = useState(person.role);
  const change = useChange(person.id, text.saved);
  const said = formErrors(change.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ ...(name.trim() !== person.name && { name: name.trim() }), ...(role !== person.role && { role }) });
  };
  const isSame = name.trim() === person.name && role === person.role;
  return (
    <Section title={text.nameAndRole}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          {person.id === me.id && (
            <Text size="sm" c="dimmed">
              {text.youHint}{" "}
              <Anchor component={Link} href="/account" size="sm">
                {text.account}
              </Anchor>
            </Text>
          )}
          <TextInput
            label={adminTexts.users.name}
            autoComplete="off"
            required
            maxLength={100}
            value={name}
            error={said["name"]}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NativeSelect
            label={adminTexts.users.role}
            description={role === person.role ? adminTexts.users.roleHints[role] : text.roleHint}
            value={role}
            error={said["role"]}
            onChange={(event) => setRole(ROLES.find((known) => known === event.currentTarget.value) ?? role)}
            data={ROLES.map((value) => ({ value, label: texts.roles[value] }))}
          />
          {change.error && Object.keys(said).length === 0 && <Failure error={change.error} />}
          <Group>
            <Button type="submit" loading={change.isPending} disabled={isSame}>
              {texts.save}
            </Button>
          </Group>
        </Stack>
      </form>
      <Pairs
        of={[
          [text.since, <Time key="since" at={person.created_at} />],
          [text.id, <Short key="id" of={person.id} label={text.id} length={36} />],
        ]}
      />
    </Section>
  );
}
