"use client";

import { Button } from "@mantine/core";
import { useEndOtherSessions, useEndOwnSession, useOwnSessions } from "./queries";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { SessionList } from "@/components/session-list";
import { accountTexts } from "@/texts";

/** Where one is signed in. */
export function Sessions() {
  const query = useOwnSessions();
  const end = useEndOwnSession();
  const endOthers = useEndOtherSessions();
  return (
    <Section
      title={accountTexts.sessions}
      description={accountTexts.sessionsHint}
      aside={
        (query.data?.sessions.length ?? 0) > 1 && (
          <Button size="xs" variant="light" color="red" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {accountTexts.endOthers}
          </Button>
        )
      }
    >
      <Loaded query={query}>
        {({ sessions, current }) => (
          <SessionList sessions={sessions} current={current} onEnd={end.mutate} ending={end.isPending ? end.variables : null} />
        )}
      </Loaded>
    </Section>
  );
}
