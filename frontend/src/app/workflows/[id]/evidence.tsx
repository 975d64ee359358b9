"use client";

import { Button, Group, Text } from "@mantine/core";
import { IconDownload, IconShieldCheck } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Detail, useEvidenceText } from "../queries";
import { Section } from "@/components/section";
import { workflowTexts } from "@/texts";

const CheckEvidence = dynamic(() => import("./check-evidence").then((module) => module.CheckEvidence), { ssr: false });

const words = workflowTexts.evidence;

/** The document that proves what became of the workflow: to keep, and to check. */
export function EvidenceOf({ workflow }: { workflow: Detail }) {
  const [isOpen, setOpen] = useState(false);
  const fetchText = useEvidenceText(workflow.id);
  const download = useMutation({
    mutationFn: async () => save(words.savedAs(workflow.id), await fetchText()),
  });
  return (
    <Section title={words.title}>
      <Text size="sm" c="dimmed" mb="sm">
        {words.hint}
      </Text>
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          loading={download.isPending}
          onClick={() => download.mutate()}
        >
          {words.download}
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconShieldCheck size={16} aria-hidden />}
          onClick={() => setOpen(true)}
        >
          {words.check}
        </Button>
      </Group>
      {isOpen && <CheckEvidence id={workflow.id} onClose={() => setOpen(false)} />}
    </Section>
  );
}

/** Hands a text over as a file. */
function save(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
