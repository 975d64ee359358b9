"use client";

import { Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useDisableFactor, useNewCodes } from "./queries";
import { RecoveryCodes } from "./recovery-codes";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { PasswordInput } from "@/components/password-input";
import { accountTexts } from "@/texts";

/** Makes new recovery codes. */
export function NewCodes({ onClose }: { onClose: () => void }) {
  const renew = useNewCodes();
  const codes = renew.data?.recovery_codes;
  return (
    <Dialog
      opened
      onClose={onClose}
      title={codes ? accountTexts.codesTitle : accountTexts.newCodes}
      closeOnClickOutside={!codes}
      closeOnEscape={!codes}
      withCloseButton={!codes}
    >
      {codes ? (
        <RecoveryCodes codes={codes} onDone={onClose} />
      ) : (
        <BothFactors
          hint={accountTexts.newCodesHint}
          act={accountTexts.newCodes}
          isPending={renew.isPending}
          error={renew.error}
          onSubmit={(factors) => renew.mutate(factors)}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}

/** Has logins ask for no second factor any more. */
export function TurnOff({ onClose }: { onClose: () => void }) {
  const disable = useDisableFactor();
  return (
    <Dialog opened onClose={onClose} title={accountTexts.factor}>
      <BothFactors
        hint={accountTexts.turnOffHint}
        act={accountTexts.turnOff}
        isDangerous
        isPending={disable.isPending}
        error={disable.error}
        onSubmit={(factors) => disable.mutate(factors, { onSuccess: onClose })}
        onClose={onClose}
      />
    </Dialog>
  );
}

type Props = {
  hint: string;
  act: string;
  isDangerous?: true;
  isPending: boolean;
  error: Error | null;
  onSubmit: (factors: { password: string; code: string }) => void;
  onClose: () => void;
};

/** Asks for the password and a code: what weakens an account is done by its owner only. */
function BothFactors({ hint, act, isDangerous, isPending, error, onSubmit, onClose }: Props) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit({ password, code: code.trim() });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">{hint}</Text>
        <PasswordInput
          label={accountTexts.ownPassword}
          autoComplete="current-password"
          data-autofocus
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <TextInput
          label={accountTexts.code}
          description={accountTexts.eitherCode}
          autoComplete="one-time-code"
          required
          minLength={6}
          maxLength={40}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        {error && <Failure error={error} />}
        <DialogActs onCancel={onClose} type="submit" color={isDangerous ? "red.8" : undefined} loading={isPending}>
          {act}
        </DialogActs>
      </Stack>
    </form>
  );
}
