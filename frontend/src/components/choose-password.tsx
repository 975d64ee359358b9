"use client";

import { Alert, Button, PasswordInput } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Door } from "./door";
import { Failure } from "./failure";
import { unwrap } from "@/api/error";
import { useSession } from "@/api/session";
import { signInTexts } from "@/texts";

type Endpoint = "/api/auth/password-reset/redeem" | "/api/auth/invitations/accept";

/** Chooses a password with the token of a mail's link, which stands in the address after the #. */
export function ChoosePassword({ title, endpoint }: { title: string; endpoint: Endpoint }) {
  const { api } = useSession();
  const token = useRef("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  useEffect(() => {
    const found = new URLSearchParams(window.location.hash.slice(1)).get("token");
    // Nobody who looks at the screen or into the history gets to see it.
    window.history.replaceState(null, "", window.location.pathname);
    if (found) token.current = found;
  }, []);
  const choose = useMutation({
    mutationFn: async () => unwrap(await api.POST(endpoint, { body: { token: token.current, password } })),
    meta: { inPlace: true },
  });
  if (choose.isSuccess) {
    return (
      <Door title={title}>
        <Alert color="green" icon={<IconCircleCheck aria-hidden />} role="status">
          {signInTexts.chosen}
        </Alert>
        <Button component={Link} href="/">
          {signInTexts.submit}
        </Button>
      </Door>
    );
  }
  const differ = again !== "" && again !== password;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!differ) choose.mutate();
  };
  return (
    <Door title={title} onSubmit={submit}>
      <PasswordInput
        label={signInTexts.newPassword}
        description={signInTexts.hint}
        autoComplete="new-password"
        required
        minLength={12}
        maxLength={72}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <PasswordInput
        label={signInTexts.again}
        autoComplete="new-password"
        required
        value={again}
        error={differ && signInTexts.differ}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      {choose.error && <Failure error={choose.error} />}
      <Button type="submit" loading={choose.isPending}>
        {signInTexts.choose}
      </Button>
    </Door>
  );
}
