"use client";

import { Button, Center, Code, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import QRCode from "react-qr-code";
import { useBeginFactor, useConfirmFactor } from "./queries";
import { RecoveryCodes } from "./recovery-codes";
import { Copy } from "@/components/code";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { PasswordInput } from "@/components/password-input";
import { accountTexts } from "@/texts";

/** Sets up an authenticator: the password, the QR code with a first code, the recovery codes. */
export function SetUp({ onClose }: { onClose: () => void }) {
  const begin = useBeginFactor();
  const confirm = useConfirmFactor();
  const codes = confirm.data?.recovery_codes;
  return (
    <Dialog
      opened
      onClose={onClose}
      title={codes ? accountTexts.codesTitle : accountTexts.setUp}
      // Recovery codes and the secret can't be shown again: they are not closed by accident.
      closeOnClickOutside={!begin.data}
      closeOnEscape={!codes}
      withCloseButton={!codes}
    >
      {codes ? (
        <RecoveryCodes codes={codes} onDone={onClose} />
      ) : begin.data ? (
        <Scan secret={begin.data} confirm={confirm} />
      ) : (
        <Begin begin={begin} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Begin({ begin, onClose }: { begin: ReturnType<typeof useBeginFactor>; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate(password);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput
          label={accountTexts.ownPassword}
          description={accountTexts.ownPasswordHint}
          autoComplete="current-password"
          data-autofocus
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {begin.error && <Failure error={begin.error} />}
        <DialogActs onCancel={onClose} type="submit" loading={begin.isPending}>
          {accountTexts.next}
        </DialogActs>
      </Stack>
    </form>
  );
}

type ScanProps = { secret: { secret: string; otpauth_uri: string }; confirm: ReturnType<typeof useConfirmFactor> };

function Scan({ secret: { secret, otpauth_uri }, confirm }: ScanProps) {
  const [code, setCode] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate(code.trim());
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">{accountTexts.scan}</Text>
        <Center>
          {/* Scanners want dark on light, in dark surroundings, too. */}
          <Center bg="white" p="md" style={{ borderRadius: "var(--mantine-radius-md)" }}>
            <QRCode value={otpauth_uri} size={176} role="img" aria-label={accountTexts.qr} />
          </Center>
        </Center>
        <div>
          <Text size="sm">{accountTexts.cantScan}</Text>
          <Group gap={4} wrap="nowrap">
            <Code style={{ overflowWrap: "anywhere" }} data-testid="totp-secret">
              {secret}
            </Code>
            <Copy text={secret} label={accountTexts.secret} />
          </Group>
        </div>
        <TextInput
          label={accountTexts.code}
          description={accountTexts.codeHint}
          autoComplete="one-time-code"
          inputMode="numeric"
          required
          minLength={6}
          maxLength={10}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        {confirm.error && <Failure error={confirm.error} />}
        <Button type="submit" loading={confirm.isPending}>
          {accountTexts.confirm}
        </Button>
      </Stack>
    </form>
  );
}
