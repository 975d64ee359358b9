"use client";

import { Alert, Anchor, Button, PasswordInput, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { Door } from "./door";
import { Failure } from "./failure";
import { isCode } from "@/api/error";
import { useSession } from "@/api/session";
import { signInTexts, texts } from "@/texts";

export function SignIn() {
  const { signIn, hasEnded } = useSession();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [codeWanted, setCodeWanted] = useState(false);
  const attempt = useMutation({
    mutationFn: () => signIn(codeWanted ? { email, password, code } : { email, password }),
    meta: { inPlace: true },
    onError: (error) => {
      if (isCodeWanted(error)) setCodeWanted(true);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  return (
    <Door onSubmit={submit}>
      <title>{`${signInTexts.title} · ${texts.product}`}</title>
      {hasEnded && (
        <Alert color="blue" role="status">
          {signInTexts.ended}
        </Alert>
      )}
      <TextInput
        label={signInTexts.email}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label={signInTexts.password}
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {codeWanted && (
        <TextInput
          label={signInTexts.code}
          description={signInTexts.codeHint}
          autoComplete="one-time-code"
          autoFocus
          required
          minLength={6}
          maxLength={40}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      )}
      {attempt.error && !isCodeWanted(attempt.error) && <Failure error={attempt.error} />}
      <Button type="submit" loading={attempt.isPending}>
        {signInTexts.submit}
      </Button>
      <Text size="sm" ta="center">
        <Anchor component={Link} href="/forgot-password">
          {signInTexts.forgot}
        </Anchor>
      </Text>
    </Door>
  );
}

const isCodeWanted = (error: Error) => isCode(error, "second_factor_needed");
