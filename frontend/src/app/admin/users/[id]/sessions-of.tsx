"use client";

import { Button } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type User, useEndAll, useEndSession, useSessionsOf } from "../queries";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { SessionList } from "@/components/session-list";
import { adminTexts } from "@/texts";

const Ask = dynamic(() => import("@/components/ask").then((module) => module.Ask), { ssr: false });

const text = adminTexts.user;

/** Where a person is signed in. */
export function SessionsOf({ person }: { person: User }) {
  const [isOpen, setOpen] = useState(false);
  const query = useSessionsOf(person.id);
  const end = useEndSession();
  const endAll = useEndAll(person.id);
  return (
    <Section
      title={text.sessions}
      aside={
        (query.data?.length ?? 0) > 0 && (
          <Button size="xs" variant="light" color="red" onClick={() => setOpen(true)}>
            {text.endAll}
          </Button>
        )
      }
    >
      <Loaded query={query}>
        {(sessions) => (
          <SessionList sessions={sessions} onEnd={end.mutate} ending={end.isPending ? end.variables : null} />
        )}
      </Loaded>
      {isOpen && (
        <Ask
          isOpen
          onClose={() => setOpen(false)}
          title={text.endAllTitle(person.name)}
          act={text.endAll}
          isDangerous
          mutation={endAll}
        >
          {text.endAllHint}
        </Ask>
      )}
    </Section>
  );
}
