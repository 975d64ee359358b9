import { SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import type { Errors } from "../policy/draft";
import { errorOf } from "../policy/fields";
import { Section } from "@/components/section";
import { councilTexts } from "@/texts";

/** What a council is called and for; its id follows its name until somebody types another. */
export type About = { name: string; id: string | null; purpose: string; domains: string };

type Props = { about: About; id: string; errors: Errors; onChange: (change: Partial<About>) => void };

const words = councilTexts.edit;

export const SLUG = /^[a-z][a-z0-9-]*$/;

/** The id that a name suggests. */
export const slugOf = (name: string) =>
  name
    .normalize("NFD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[-0-9]+|-+$/g, "")
    .slice(0, 60);

/** What a new council is called, what it is for, and what it answers for. */
export function AboutFields({ about, id, errors, onChange }: Props) {
  return (
    <Section title={councilTexts.new.about}>
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label={words.name}
            required
            maxLength={100}
            value={about.name}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
            error={errors["name"]}
          />
          <TextInput
            label={councilTexts.new.id}
            description={councilTexts.new.idHint}
            inputWrapperOrder={["label", "input", "description", "error"]}
            required
            value={id}
            onChange={(event) => onChange({ id: event.currentTarget.value })}
            error={errors["id"]}
          />
        </SimpleGrid>
        <Textarea
          label={words.purpose}
          description={words.purposeHint}
          autosize
          minRows={2}
          maxLength={1000}
          value={about.purpose}
          onChange={(event) => onChange({ purpose: event.currentTarget.value })}
          error={errors["purpose"]}
        />
        <TextInput
          label={words.domains}
          description={words.domainsHint}
          value={about.domains}
          onChange={(event) => onChange({ domains: event.currentTarget.value })}
          error={errorOf(errors, "domains")}
        />
      </Stack>
    </Section>
  );
}
