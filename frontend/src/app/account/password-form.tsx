"use client";

import { Button, Group, Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useChangePassword } from "./queries";
import { useUser } from "@/api/session";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { PasswordInput } from "@/components/password-input";
import { Section } from "@/components/section";
import { accountTexts } from "@/texts";

const EMPTY = { current: "", next: "", again: "" };

/** Changes one's password. */
export function PasswordForm() {
  const { email } = useUser();
  const [{ current, next, again }, setTyped] = useState(EMPTY);
  const change = useChangePassword();
  const said = formErrors(change.error);
  const type = (part: Partial<typeof EMPTY>) => setTyped((typed) => ({ ...typed, ...part }));
  const differ = again !== "" && again !== next;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (differ) return;
    const body = { current_password: current, new_password: next };
    change.mutate(body, { onSuccess: () => setTyped(EMPTY) });
  };
  return (
    <Section title={accountTexts.password} description={accountTexts.passwordHint}>
      <form onSubmit={submit}>
        {/* Password managers ask whose password it is. */}
        <input type="email" autoComplete="username" value={email} readOnly hidden />
        <Stack gap="sm">
          <PasswordInput
            label={accountTexts.current}
            autoComplete="current-password"
            required
            value={current}
            error={said["current_password"]}
            onChange={(event) => type({ current: event.currentTarget.value })}
          />
          <PasswordInput
            label={accountTexts.new}
            description={accountTexts.newHint}
            autoComplete="new-password"
            required
            minLength={12}
            maxLength={72}
            value={next}
            error={said["new_password"]}
            onChange={(event) => type({ next: event.currentTarget.value })}
          />
          <PasswordInput
            label={accountTexts.again}
            autoComplete="new-password"
            required
            value={again}
            error={differ && accountTexts.differ}
            onChange={(event) => type({ again: event.currentTarget.value })}
          />
          {change.error && Object.keys(said).length === 0 && <Failure error={change.error} />}
          <Group>
            <Button type="submit" loading={change.isPending}>
              {accountTexts.changePassword}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
