"use client";

import { Button, Center, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Failure } from "./failure";
import { ThemeToggle } from "./shell";
import { useSession } from "@/api/session";
import { en } from "@/texts/en";

export function SignIn() {
  const { signIn } = useSession();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const attempt = useMutation({ mutationFn: () => signIn(email, password) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder shadow="sm" p="xl" w={400}>
        <form onSubmit={submit}>
          <Stack>
            <Group justify="space-between" align="start" wrap="nowrap">
              <div>
                <Title order={1} size="h2">
                  {en.product}
                </Title>
                <Text c="dimmed">{en.purpose}</Text>
              </div>
              <ThemeToggle />
            </Group>
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
            {attempt.error && <Failure error={attempt.error} />}
            <Button type="submit" loading={attempt.isPending}>
              {en.signIn.submit}
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
