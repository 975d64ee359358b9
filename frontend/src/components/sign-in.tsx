"use client";

import { Anchor, Button, PasswordInput, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { Door } from "./door";
import { Failure } from "./failure";
import { ApiError } from "@/api/error";
import { useSession } from "@/api/session";
import { en } from "@/texts/en";

export function SignIn() {
  const { signIn } = useSession();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [codeWanted, setCodeWanted] = useState(false);
  const attempt = useMutation({
    mutationFn: () => signIn(codeWanted ? { email, password, code } : { email, password }),
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
      <TextInput
        label={en.signIn.email}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label={en.signIn.password}
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {codeWanted && (
        <TextInput
          label={en.signIn.code}
          description={en.signIn.codeHint}
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
        {en.signIn.submit}
      </Button>
      <Text size="sm" ta="center">
        <Anchor component={Link} href="/forgot-password">
          {en.signIn.forgot}
        </Anchor>
      </Text>
    </Door>
  );
}

function isCodeWanted(error: Error): boolean {
  return error instanceof ApiError && error.code === "second_factor_needed";
}
