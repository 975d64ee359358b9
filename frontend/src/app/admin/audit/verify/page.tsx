"use client";

import { Button, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { type FormEvent, Suspense, useRef, useState } from "react";
import { fromField, toField } from "../local-time";
import { useVerification } from "./queries";
import { Result } from "./result";
import { Failure } from "@/components/failure";
import { useFilters } from "@/components/filters";
import { Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { Section } from "@/components/section";
import { type PublicKey, readPublicKey } from "@/evidence/signature";
import { adminTexts } from "@/texts";

const text = adminTexts.verify;
const PATH = [{ href: "/admin/audit", label: adminTexts.audit.title }];
/** Where this browser keeps the public key that its reader trusts. */
const KEPT = "codex-audit-public-key";

export default function Verify() {
  return (
    <OnlyAdmins>
      <Page title={text.title} description={text.description} path={PATH}>
        <Suspense fallback={<Loading />}>
          <Check />
        </Suspense>
      </Page>
    </OnlyAdmins>
  );
}

function Check() {
  const { chosen, choose } = useFilters("from", "to");
  const [typed, setTyped] = useLocalStorage({ key: KEPT, defaultValue: "" });
  const [isBad, setBad] = useState(false);
  const [rows, setRows] = useState(0);
  const [used, setUsed] = useState<PublicKey | null>(null);
  const stop = useRef<AbortController>(null);
  const verification = useVerification();
  const isStopped = verification.error?.name === "AbortError";
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const key = typed.trim() ? await readPublicKey(typed) : null;
    setBad(typed.trim() !== "" && !key);
    if (typed.trim() && !key) return;
    stop.current = new AbortController();
    setRows(0);
    setUsed(key);
    verification.mutate({ range: chosen, key, onRows: setRows, signal: stop.current.signal });
  };
  return (
    <Stack gap="md">
      <Section title={text.range} description={text.rangeHint}>
        <form onSubmit={(event) => void submit(event)}>
          <Stack gap="sm">
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
              <TextInput
                label={adminTexts.audit.from}
                type="datetime-local"
                value={toField(chosen.from)}
                onChange={(event) => choose({ from: fromField(event.currentTarget.value) })}
              />
              <TextInput
                label={adminTexts.audit.to}
                type="datetime-local"
                value={toField(chosen.to)}
                onChange={(event) => choose({ to: fromField(event.currentTarget.value) })}
              />
            </SimpleGrid>
            <TextInput
              label={text.key}
              description={text.keyHint}
              autoComplete="off"
              spellCheck={false}
              value={typed}
              error={isBad && text.keyBad}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
            <Group gap="sm">
              <Button type="submit" loading={verification.isPending}>
                {text.start}
              </Button>
              {verification.isPending && (
                <>
                  <Button variant="default" onClick={() => stop.current?.abort()}>
                    {text.stop}
                  </Button>
                  <Text size="sm" role="status">
                    {text.checking(rows)}
                  </Text>
                </>
              )}
            </Group>
          </Stack>
        </form>
      </Section>
      {isStopped && <Text size="sm">{text.stopped}</Text>}
      {verification.error && !isStopped && <Failure error={verification.error} />}
      {verification.data && (
        <Result of={verification.data} keyId={used?.id ?? null} isWhole={!verification.variables?.range.from && !verification.variables?.range.to} />
      )}
    </Stack>
  );
}
