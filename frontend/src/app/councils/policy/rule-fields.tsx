import { NumberInput, Radio, SimpleGrid, Stack, Switch } from "@mantine/core";
import type { Kind } from "./draft";
import type { FieldsProps } from "./fields";
import { Section } from "@/components/section";
import { councilTexts } from "@/texts";

const KINDS: Kind[] = ["approvals", "majority", "unanimous"];
const ORDER: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

/** When a proposal counts as approved. */
export function RuleFields({ draft, errors, onChange, seats }: FieldsProps & { seats: number }) {
  const words = councilTexts.editor;
  return (
    <Section title={words.rule} description={words.ruleHint}>
      <Stack>
        <Radio.Group
          label={words.kind}
          value={draft.kind}
          onChange={(value) => onChange({ kind: KINDS.find((kind) => kind === value) ?? "approvals" })}
          error={errors["decision_rule"]}
        >
          <Stack gap={6} mt={6}>
            {KINDS.map((kind) => (
              <Radio key={kind} value={kind} label={words.kinds[kind]} />
            ))}
          </Stack>
        </Radio.Group>
        {draft.kind === "approvals" && (
          <NumberInput
            label={words.required}
            description={words.requiredHint(seats)}
            inputWrapperOrder={ORDER}
            min={1}
            allowDecimal={false}
            value={draft.required}
            onChange={(required) => onChange({ required })}
            error={errors["decision_rule.required"]}
            maw={420}
          />
        )}
        {draft.kind === "majority" && (
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <NumberInput
              label={words.quorum}
              description={words.quorumHint}
              inputWrapperOrder={ORDER}
              min={1}
              max={100}
              clampBehavior="none"
              allowDecimal={false}
              value={draft.quorum}
              onChange={(quorum) => onChange({ quorum })}
              error={errors["decision_rule.quorum_percent"]}
            />
            <NumberInput
              label={words.threshold}
              description={words.thresholdHint}
              inputWrapperOrder={ORDER}
              min={1}
              max={100}
              clampBehavior="none"
              allowDecimal={false}
              value={draft.threshold}
              onChange={(threshold) => onChange({ threshold })}
              error={errors["decision_rule.threshold_percent"]}
            />
          </SimpleGrid>
        )}
        <Switch
          label={words.veto}
          description={words.vetoHint}
          checked={draft.veto}
          onChange={(event) => onChange({ veto: event.currentTarget.checked })}
        />
      </Stack>
    </Section>
  );
}
