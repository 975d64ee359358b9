"use client";

import { Alert, Anchor, Button, Text, TextInput } from "@mantine/core";
import { IconAlertCircle, IconClockExclamation } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Door } from "./door";
import { Failure } from "./failure";
import { Link } from "./link";
import { PasswordInput } from "./password-input";
import { TooMany, useWaitLeft, waitOf } from "./wait";
import { isCode } from "@/api/error";
import { useSession } from "@/api/session";
import { signInTexts } from "@/texts";

/** Asks who it is: by password, then by a code where the account has an authenticator. */
export function SignIn() {
  const { signIn, hasEnded } = useSession();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [isCodeWanted, setCodeWanted] = useState(false);
  const attempt = useMutation({
    mutationFn: () => signIn(isCodeWanted ? { email, password, code: code.trim() } : { email, password }),
    meta: { inPlace: true },
    onError: (error) => {
      if (isCode(error, "second_factor_needed")) setCodeWanted(true);
    },
  });
  const left = useWaitLeft(waitOf(attempt));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!left) attempt.mutate();
  };
  const startAgain = () => {
    setCodeWanted(false);
    setPassword("");
    setCode("");
    attempt.reset();
  };
  return (
    <Door
      title={isCodeWanted ? signInTexts.codeTitle : signInTexts.title}
      lead={isCodeWanted ? signInTexts.codeLead(email) : signInTexts.lead}
      onSubmit={submit}
    >
      {hasEnded && !attempt.error && (
        <Alert color="blue" role="status" icon={<IconClockExclamation aria-hidden />}>
          {signInTexts.ended}
        </Alert>
      )}
      {isCodeWanted ? (
        <TextInput
          key="code"
          label={signInTexts.code}
          description={signInTexts.codeHint}
          autoComplete="one-time-code"
          // Who sees the field expects to type into it: nothing else is asked here.
          data-autofocus
          ref={focus}
          size="md"
          required
          withAsterisk={false}
          minLength={6}
          maxLength={40}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      ) : (
        <>
          <TextInput
            label={signInTexts.email}
            type="email"
            autoComplete="username"
            size="md"
            required
            withAsterisk={false}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label={signInTexts.password}
            autoComplete="current-password"
            size="md"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        </>
      )}
      <Refusal error={attempt.error} left={left} isAboutCode={isCodeWanted} />
      <Button type="submit" size="md" loading={attempt.isPending} disabled={left !== null}>
        {left ? signInTexts.wait(left) : signInTexts.submit}
      </Button>
      <Text size="sm" ta="center">
        {isCodeWanted ? (
          <Anchor component="button" type="button" size="sm" onClick={startAgain}>
            {signInTexts.other}
          </Anchor>
        ) : (
          <Anchor component={Link} href="/forgot-password">
            {signInTexts.forgot}
          </Anchor>
        )}
      </Text>
    </Door>
  );
}

const focus = (input: HTMLInputElement | null) => input?.focus();

/** Why it was not enough, in the place of the form. */
function Refusal(props: { error: Error | null; left: string | null; isAboutCode: boolean }) {
  const { error, left, isAboutCode } = props;
  if (!error || isCode(error, "second_factor_needed")) return null;
  if (waitOf({ error, submittedAt: 0 }) !== null) return <TooMany left={left} />;
  if (!isCode(error, "invalid_credentials")) return <Failure error={error} />;
  return (
    <Alert color="red" icon={<IconAlertCircle aria-hidden />} role="alert">
      {isAboutCode ? signInTexts.wrongCode : signInTexts.wrong}
      {!isAboutCode && (
        <Text size="xs" mt={4}>
          {signInTexts.wrongHint}
        </Text>
      )}
    </Alert>
  );
}
