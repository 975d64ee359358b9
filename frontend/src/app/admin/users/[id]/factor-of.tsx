"use client";

import { Button, Stack, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useTakeFactor } from "../queries";
import type { components } from "@/api/schema";
import { Section } from "@/components/section";
import { adminTexts } from "@/texts";

const Ask = dynamic(() => import("@/components/ask").then((module) => module.Ask), { ssr: false });

const text = adminTexts.user;

/** Whether a person signs in with a second factor; who has lost it is let in without. */
export function FactorOf({ person }: { person: components["schemas"]["UserDetail"] }) {
  const [isOpen, setOpen] = useState(false);
  const take = useTakeFactor(person.id);
  return (
    <Section title={text.factor}>
      <Stack gap="sm" align="start">
        <Text size="sm">{person.totp_enabled ? text.factorOn : text.factorOff}</Text>
        {person.totp_enabled && (
          <Button variant="light" color="red" onClick={() => setOpen(true)}>
            {text.takeFactor}
          </Button>
        )}
      </Stack>
      {isOpen && (
        <Ask isOpen onClose={() => setOpen(false)} title={text.takeFactorTitle} act={text.takeFactor} isDangerous mutation={take}>
          {text.takeFactorHint}
        </Ask>
      )}
    </Section>
  );
}
