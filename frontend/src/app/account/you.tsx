"use client";

import { Anchor, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useChangeName } from "./queries";
import { useUser } from "@/api/session";
import { Pairs } from "@/components/facts";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { Link } from "@/components/link";
import { Section } from "@/components/section";
import { accountTexts, texts } from "@/texts";

/** Who one is to the system; the name is one's own to change. */
export function You() {
  const user = useUser();
  return (
    <Section title={accountTexts.you}>
      <Stack gap="md">
        <Name of={user.name} />
        <Pairs
          of={[
            [
              accountTexts.email,
              <Text key="email" span size="sm" style={{ overflowWrap: "anywhere" }}>
                {user.email}
              </Text>,
            ],
            [
              accountTexts.role,
              <Text key="role" size="sm">
                {texts.roles[user.role]}
                <Text span display="block" size="xs" c="dimmed">
                  {accountTexts.roleHints[user.role]}
                </Text>
              </Text>,
            ],
            [accountTexts.seats, <Seats key="seats" of={user.seats} />],
          ]}
        />
        <Text size="xs" c="dimmed">
          {accountTexts.changeMore}
        </Text>
      </Stack>
    </Section>
  );
}

function Name({ of }: { of: string }) {
  const [name, setName] = useState(of);
  const change = useChangeName();
  const said = formErrors(change.error)["name"];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(name.trim());
  };
  return (
    <form onSubmit={submit}>
      <Group align="end" gap="xs" wrap="nowrap">
        <TextInput
          flex={1}
          label={accountTexts.name}
          description={accountTexts.nameHint}
          autoComplete="name"
          required
          maxLength={100}
          value={name}
          error={said}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={change.isPending} disabled={name.trim() === of}>
          {texts.save}
        </Button>
      </Group>
      {change.error && !said && <Failure error={change.error} />}
    </form>
  );
}

function Seats({ of }: { of: ReturnType<typeof useUser>["seats"] }) {
  if (of.length === 0) return accountTexts.noSeats;
  return (
    <Stack gap={2}>
      {of.map(({ council_id, seat }) => (
        <Text key={council_id} size="sm">
          <Anchor component={Link} href={`/councils/${council_id}`} size="sm" underline="always">
            {council_id}
          </Anchor>{" "}
          <Text span c="dimmed" size="sm">
            {accountTexts.seat[seat]}
          </Text>
        </Text>
      ))}
    </Stack>
  );
}
