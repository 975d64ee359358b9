import { NativeSelect, SimpleGrid } from "@mantine/core";
import { useCouncils } from "../queries";
import type { Draft } from "./draft";
import type { FieldsProps } from "./fields";
import { PeriodInput } from "./period-input";
import { Section } from "@/components/section";
import { councilTexts } from "@/texts";

const EXPIRIES: Draft["expiry"][] = ["reject", "approve", "escalate"];

/** How long votes are taken, what silence means, and when what was approved starts. */
export function TimeFields({ draft, errors, onChange, council }: FieldsProps & { council?: string }) {
  const words = councilTexts.editor;
  const councils = useCouncils();
  const others = (councils.data ?? []).filter(({ id, state }) => id !== council && state === "active");
  return (
    <Section title={words.time} description={words.timeHint}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} verticalSpacing="md">
        <PeriodInput
          label={words.period}
          description={words.periodHint}
          value={draft.voting}
          onChange={(voting) => onChange({ voting })}
          error={errors["voting_period_seconds"]}
        />
        <NativeSelect
          label={words.expiry}
          value={draft.expiry}
          onChange={(event) =>
            onChange({ expiry: EXPIRIES.find((one) => one === event.currentTarget.value) ?? "reject" })
          }
          data={EXPIRIES.map((value) => ({ value, label: words.expiries[value] }))}
          error={errors["on_expiry"]}
        />
        {draft.expiry === "escalate" && (
          <NativeSelect
            label={words.escalateTo}
            description={words.escalateHint}
            inputWrapperOrder={["label", "input", "description", "error"]}
            value={draft.escalateTo}
            onChange={(event) => onChange({ escalateTo: event.currentTarget.value })}
            data={[{ value: "", label: words.choose }, ...others.map(({ id, name }) => ({ value: id, label: name }))]}
            error={errors["escalate_to"]}
          />
        )}
        <PeriodInput
          label={words.late}
          description={draft.kind === "majority" ? words.lateHint : words.lateOnlyMajority}
          value={draft.late}
          onChange={(late) => onChange({ late })}
          error={errors["late_quorum_extension_seconds"]}
        />
        <PeriodInput
          label={words.cooling}
          description={words.coolingHint}
          value={draft.cooling}
          onChange={(cooling) => onChange({ cooling })}
          error={errors["cooling_off_seconds"]}
        />
        <PeriodInput
          label={words.validity}
          description={words.validityHint}
          value={draft.validity}
          onChange={(validity) => onChange({ validity })}
          error={errors["approval_valid_seconds"]}
        />
      </SimpleGrid>
    </Section>
  );
}
