"use client";

import { Stack, Text, TextInput, Textarea } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { DialogActs } from "./dialog-acts";
import { Dialog } from "./dialog";
import { Failure } from "./failure";

type Props = {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  /** The word on the button that does it. */
  act: string;
  isDangerous?: true;
  /** Where words have to be given, too: what they are called. `required` when it can't be done without. */
  reason?: { label: string; required: boolean };
  /** Where exactly this text has to be typed, so that nobody does it by habit: what it is called, and the text. */
  mustType?: { label: string; text: string };
  /** Does it, with those words; mark it with `meta: { inPlace: true }`, since what goes wrong is said here. */
  mutation: UseMutationResult<unknown, Error, string>;
};

/** Asks once more before something is done that others will feel. */
export function Ask({ isOpen, onClose, title, children, act, isDangerous, reason, mustType, mutation }: Props) {
  const [words, setWords] = useState("");
  const [typed, setTyped] = useState("");
  const close = () => {
    setWords("");
    setTyped("");
    mutation.reset();
    onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate(words.trim(), { onSuccess: close });
  };
  return (
    <Dialog opened={isOpen} onClose={close} title={title}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm" component="div">
            {children}
          </Text>
          {reason && (
            <Textarea
              label={reason.label}
              required={reason.required}
              autosize
              minRows={2}
              maxLength={2000}
              data-autofocus
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
            />
          )}
          {mustType && (
            <TextInput
              label={mustType.label}
              autoComplete="off"
              data-autofocus
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
          {mutation.error && <Failure error={mutation.error} />}
          <DialogActs
            onCancel={close}
            type="submit"
            color={isDangerous ? "red.8" : undefined}
            loading={mutation.isPending}
            disabled={mustType !== undefined && typed.trim() !== mustType.text}
          >
            {act}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}
