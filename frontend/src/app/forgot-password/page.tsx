"use client";

import { Alert, Button, TextInput } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/error";
import { useSession } from "@/api/session";
import { Door } from "@/components/door";
import { Failure } from "@/components/failure";
import { en } from "@/texts/en";

export default function ForgotPassword() {
  const { api } = useSession();
  const [email, setEmail] = useState("");
  const ask = useMutation({
    mutationFn: async () => {
      const { response, error } = await api.POST("/api/auth/password-reset", { body: { email } });
      if (!response.ok) throw new ApiError(error);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <Door title={en.password.forgotTitle} onSubmit={submit}>
      <TextInput
        label={en.signIn.email}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      {ask.isSuccess && (
        <Alert color="blue" icon={<IconMail aria-hidden />} role="status">
          {en.password.sent}
        </Alert>
      )}
      {ask.error && <Failure error={ask.error} />}
      <Button type="submit" loading={ask.isPending}>
        {en.password.send}
      </Button>
      <Button variant="subtle" component={Link} href="/">
        {en.password.back}
      </Button>
    </Door>
  );
}
