"use client";

import { Alert, Anchor, Button, Text, TextInput } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { unwrap } from "@/api/error";
import { useSession } from "@/api/session";
import { Door } from "@/components/door";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { Link } from "@/components/link";
import { TooMany, useWaitLeft, waitOf } from "@/components/wait";
import { signInTexts } from "@/texts";

export default function ForgotPassword() {
  const { api } = useSession();
  const [email, setEmail] = useState("");
  const ask = useMutation({
    mutationFn: async () => unwrap(await api.POST("/api/auth/password-reset", { body: { email } })),
    meta: { inPlace: true },
  });
  const left = useWaitLeft(waitOf(ask));
  const said = formErrors(ask.error)["email"];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!left) ask.mutate();
  };
  if (ask.isSuccess) return <Sent email={email} onAgain={ask.reset} />;
  return (
    <Door title={signInTexts.forgotTitle} lead={signInTexts.forgotLead} onSubmit={submit}>
      <TextInput
        label={signInTexts.email}
        type="email"
        autoComplete="username"
        size="md"
        required
        withAsterisk={false}
        error={said}
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      {waitOf(ask) !== null && <TooMany left={left} />}
      {ask.error && !said && waitOf(ask) === null && <Failure error={ask.error} />}
      <Button type="submit" size="md" loading={ask.isPending} disabled={left !== null}>
        {left ? signInTexts.wait(left) : signInTexts.send}
      </Button>
      <Back />
    </Door>
  );
}

function Sent({ email, onAgain }: { email: string; onAgain: () => void }) {
  return (
    <Door title={signInTexts.sentTitle}>
      <Alert color="blue" icon={<IconMail aria-hidden />} role="status">
        {signInTexts.sent(email)}
      </Alert>
      <Button variant="default" size="md" onClick={onAgain}>
        {signInTexts.sendAgain}
      </Button>
      <Back />
    </Door>
  );
}

function Back() {
  return (
    <Text size="sm" ta="center">
      <Anchor component={Link} href="/">
        {signInTexts.back}
      </Anchor>
    </Text>
  );
}
