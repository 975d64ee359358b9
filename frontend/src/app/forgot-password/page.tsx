"use client";

import { Alert, Button, TextInput } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { unwrap } from "@/api/error";
import { useSession } from "@/api/session";
import { Door } from "@/components/door";
import { Failure } from "@/components/failure";
import { signInTexts } from "@/texts";

export default function ForgotPassword() {
  const { api } = useSession();
  const [email, setEmail] = useState("");
  const ask = useMutation({
    mutationFn: async () => unwrap(await api.POST("/api/auth/password-reset", { body: { email } })),
    meta: { inPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <Door title={signInTexts.forgotTitle} onSubmit={submit}>
      <TextInput
        label={signInTexts.email}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      {ask.isSuccess && (
        <Alert color="blue" icon={<IconMail aria-hidden />} role="status">
          {signInTexts.sent}
        </Alert>
      )}
      {ask.error && <Failure error={ask.error} />}
      <Button type="submit" loading={ask.isPending}>
        {signInTexts.send}
      </Button>
      <Button variant="subtle" component={Link} href="/">
        {signInTexts.back}
      </Button>
    </Door>
  );
}
