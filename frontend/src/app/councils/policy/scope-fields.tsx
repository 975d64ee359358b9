import { SimpleGrid, Textarea, TextInput } from "@mantine/core";
import { toPatterns } from "./draft";
import { type FieldsProps, errorOf } from "./fields";
import { Section } from "@/components/section";
import { councilTexts } from "@/texts";

const ORDER: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

/** What is reviewed, and what never runs. */
export function ScopeFields({ draft, errors, onChange }: FieldsProps) {
  const words = councilTexts.editor;
  const isOpen = toPatterns(draft.review).length === 0 && !draft.amount.trim();
  return (
    <Section title={words.what} description={words.whatHint}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} verticalSpacing="md">
        <Textarea
          label={words.review}
          description={isOpen ? words.reviewNothing : words.reviewHint}
          inputWrapperOrder={ORDER}
          autosize
          minRows={3}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          value={draft.review}
          onChange={(event) => onChange({ review: event.currentTarget.value })}
          error={errorOf(errors, "review_actions")}
        />
        <Textarea
          label={words.blocked}
          description={words.blockedHint}
          inputWrapperOrder={ORDER}
          autosize
          minRows={3}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          value={draft.blocked}
          onChange={(event) => onChange({ blocked: event.currentTarget.value })}
          error={errorOf(errors, "blocked_action_types")}
        />
        <TextInput
          label={words.amount}
          description={words.amountHint}
          inputWrapperOrder={ORDER}
          inputMode="decimal"
          value={draft.amount}
          onChange={(event) => onChange({ amount: event.currentTarget.value })}
          error={errors["review_threshold_weekly_savings"]}
        />
      </SimpleGrid>
    </Section>
  );
}
