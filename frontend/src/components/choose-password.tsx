"use client";

import { Alert, Button } from "@mantine/core";
import { IconCircleCheck, IconLinkOff } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { Door } from "./door";
import { Failure } from "./failure";
import { formErrors } from "./form-errors";
import { Link } from "./link";
import { forgetMailToken, useMailToken } from "./mail-token";
import { PasswordInput } from "./password-input";
import { TooMany, useWaitLeft, waitOf } from "./wait";
import { ApiError, unwrap } from "@/api/error";
import { useSession } from "@/api/session";
import { signInTexts } from "@/texts";

type Props = {
  title: string;
  lead: string;
  endpoint: "/api/auth/password-reset/redeem" | "/api/auth/invitations/accept";
  /** What to do when the link is no longer good. */
  gone: ReactNode;
};

/** Chooses a password with the token of a mail's link. */
export function ChoosePassword({ title, lead, endpoint, gone }: Props) {
  const { api } = useSession();
  const token = useMailToken();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const choose = useMutation({
    mutationFn: async () => unwrap(await api.POST(endpoint, { body: { token: token ?? "", password } })),
    meta: { inPlace: true },
    onSuccess: forgetMailToken,
  });
  const left = useWaitLeft(waitOf(choose));
  if (choose.isSuccess) return <Chosen title={title} />;
  if (token === "") return <NoToken />;
  const differ = again !== "" && again !== password;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!differ && !left) choose.mutate();
  };
  const said = formErrors(choose.error)["password"];
  // Whatever is typed: this link opens nothing any more.
  if (choose.error instanceof ApiError && choose.error.status === 403) {
    return (
      <Door title={title}>
        <Failure error={choose.error} />
        {gone}
        <Button component={Link} href="/" variant="default" size="md">
          {signInTexts.back}
        </Button>
      </Door>
    );
  }
  return (
    <Door title={title} lead={lead} onSubmit={submit}>
      <PasswordInput
        label={signInTexts.newPassword}
        description={signInTexts.hint}
        autoComplete="new-password"
        size="md"
        required
        withAsterisk={false}
        minLength={12}
        maxLength={72}
        error={said}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <PasswordInput
        label={signInTexts.again}
        autoComplete="new-password"
        size="md"
        required
        withAsterisk={false}
        value={again}
        error={differ && signInTexts.differ}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      {waitOf(choose) !== null && <TooMany left={left} />}
      {choose.error && !said && waitOf(choose) === null && <Failure error={choose.error} />}
      <Button type="submit" size="md" loading={choose.isPending} disabled={left !== null}>
        {left ? signInTexts.wait(left) : signInTexts.choose}
      </Button>
    </Door>
  );
}

function Chosen({ title }: { title: string }) {
  return (
    <Door title={title}>
      <Alert color="green" icon={<IconCircleCheck aria-hidden />} role="status">
        {signInTexts.chosen}
      </Alert>
      <Button component={Link} href="/" size="md">
        {signInTexts.submit}
      </Button>
    </Door>
  );
}

function NoToken() {
  return (
    <Door title={signInTexts.noTokenTitle}>
      <Alert color="yellow" icon={<IconLinkOff aria-hidden />} role="alert">
        {signInTexts.noToken}
      </Alert>
      <Button component={Link} href="/" variant="default" size="md">
        {signInTexts.back}
      </Button>
    </Door>
  );
}
