"use client";

import { Button, List, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type User, useErase, useResend, useSetState } from "../queries";
import { useUser } from "@/api/session";
import { adminTexts } from "@/texts";

const Ask = dynamic(() => import("@/components/ask").then((module) => module.Ask), { ssr: false });

const text = adminTexts.user;

/** Lets a person in or keeps them out, and erases them. What must not be, such as no admin being left, the API says. */
export function Access({ person }: { person: User }) {
  const me = useUser();
  const [open, setOpen] = useState<"state" | "erase" | null>(null);
  const resend = useResend(person.id);
  const isOut = person.state === "deactivated";
  const setState = useSetState(person.id, isOut ? "active" : "deactivated");
  const erase = useErase(person.id);
  const close = () => setOpen(null);
  return (
    <>
      {person.state === "invited" && (
        <Button variant="default" title={text.resendHint} loading={resend.isPending} onClick={() => resend.mutate()}>
          {text.resend}
        </Button>
      )}
      <Button variant="default" onClick={() => setOpen("state")}>
        {isOut ? text.reactivate : text.deactivate}
      </Button>
      {person.id !== me.id && (
        <Button variant="light" color="red" onClick={() => setOpen("erase")}>
          {text.erase}
        </Button>
      )}
      {open === "state" && (
        <Ask
          isOpen
          onClose={close}
          title={isOut ? text.reactivateTitle(person.name) : text.deactivateTitle(person.name)}
          act={isOut ? text.reactivate : text.deactivate}
          {...(!isOut && { isDangerous: true as const })}
          mutation={setState}
        >
          {isOut ? text.reactivateHint : text.deactivateHint}
        </Ask>
      )}
      {open === "erase" && (
        <Ask
          isOpen
          onClose={close}
          title={text.eraseTitle(person.name)}
          act={text.erase}
          isDangerous
          mustType={{ label: text.eraseType(person.email), text: person.email }}
          mutation={erase}
        >
          <List size="sm" spacing="xs">
            {text.eraseHint.map((sentence) => (
              <List.Item key={sentence}>
                <Text size="sm">{sentence}</Text>
              </List.Item>
            ))}
          </List>
        </Ask>
      )}
    </>
  );
}
