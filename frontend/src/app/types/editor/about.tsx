"use client";

import { SimpleGrid, Stack, TextInput, Textarea } from "@mantine/core";
import { type Draft, type Fault, faultsAt } from "./draft";
import { Section } from "@/components/section";
import { typeTexts } from "@/texts";

const words = typeTexts.editor;

type Props = { draft: Draft; isNew: boolean; faults: readonly Fault[]; onChange: (part: Partial<Draft>) => void };

/** What a type is called; of a new one, also what never changes. */
export function About({ draft, isNew, faults, onChange }: Props) {
  const field = (name: "id" | "domain" | "name" | "description") => ({
    value: draft[name],
    error: faultsAt(faults, `/${name}`),
    onChange: (event: { currentTarget: { value: string } }) => onChange({ [name]: event.currentTarget.value }),
  });
  return (
    <Section title={words.about}>
      <Stack gap="md">
        {isNew && (
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput label={words.id} description={words.idHint} required {...field("id")} />
            <TextInput label={typeTexts.domain} description={words.domainHint} required {...field("domain")} />
          </SimpleGrid>
        )}
        <TextInput label={words.name} required {...field("name")} />
        <Textarea label={words.description} autosize minRows={2} {...field("description")} />
      </Stack>
    </Section>
  );
}
