"use client";

import { Alert, Button, Code, FileInput, List, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useEvidenceText } from "../queries";
import { Findings } from "./findings";
import { Dialog } from "@/components/dialog";
import { Failure } from "@/components/failure";
import { read } from "@/evidence/document";
import { readPublicKey } from "@/evidence/signature";
import { type Finding, verify } from "@/evidence/verify";
import { workflowTexts } from "@/texts";

const words = workflowTexts.evidence;

type Result = { is: "checked"; findings: Finding[] } | { is: "not_read" | "bad_key" | "unsupported" };

/** Checks a document of evidence in this browser, and says sentence by sentence what was found. */
export function CheckEvidence({ id, onClose }: { id: string; onClose: () => void }) {
  const fetchText = useEvidenceText(id);
  const [key, setKey] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const check = useMutation({
    mutationFn: async (): Promise<Result> => {
      const evidence = read(file ? await file.text() : await fetchText());
      if (!evidence) return { is: "not_read" };
      const wanted = key.trim() === "" ? null : await readKey(key);
      if (wanted === "bad_key" || wanted === "unsupported") return { is: wanted };
      return { is: "checked", findings: await verify(evidence, wanted) };
    },
    meta: { inPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    check.mutate();
  };
  const result = check.data;
  return (
    <Dialog opened onClose={onClose} title={words.dialog} size="lg">
      <Stack>
        <Text size="sm">{words.intro}</Text>
        <form onSubmit={submit}>
          <Stack gap="sm">
            <TextInput
              label={words.key}
              description={words.keyHint}
              placeholder={words.keyPlaceholder}
              error={result?.is === "bad_key" && words.badKey}
              autoComplete="off"
              spellCheck={false}
              maxLength={60}
              value={key}
              onChange={(event) => {
                setKey(event.currentTarget.value);
                check.reset();
              }}
            />
            <FileInput
              label={words.file}
              description={words.fileHint}
              accept="application/json,.json"
              clearable
              value={file}
              onChange={(chosen) => {
                setFile(chosen);
                check.reset();
              }}
            />
            <div>
              <Button type="submit" loading={check.isPending}>
                {words.run}
              </Button>
            </div>
          </Stack>
        </form>
        {check.error && <Failure error={check.error} />}
        {result?.is === "not_read" && <Alert color="red">{words.notRead}</Alert>}
        {result?.is === "unsupported" && <Alert color="yellow">{words.unsupported}</Alert>}
        {result?.is === "checked" && <Findings of={result.findings} />}
        <div>
          <Title order={3} size="h6" mb={4}>
            {words.onlyCommand}
          </Title>
          <List size="sm" spacing={2}>
            {words.onlyCommandList.map((sentence) => (
              <List.Item key={sentence}>{sentence}</List.Item>
            ))}
          </List>
          <Code block mt="xs" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {words.onlyCommandHint}
          </Code>
        </div>
      </Stack>
    </Dialog>
  );
}

async function readKey(text: string) {
  try {
    return (await readPublicKey(text)) ?? "bad_key";
  } catch (error) {
    // Browsers from before 2025 know no Ed25519.
    if (error instanceof DOMException && error.name === "NotSupportedError") return "unsupported";
    return "bad_key";
  }
}
