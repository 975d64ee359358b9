import { Group, Input, NativeSelect, NumberInput } from "@mantine/core";
import { useId } from "react";
import type { Period, Unit } from "./draft";
import { councilTexts } from "@/texts";

type Props = {
  label: string;
  description: string;
  error?: string;
  value: Period;
  onChange: (value: Period) => void;
};

const UNITS: Unit[] = ["minute", "hour", "day"];

/** A time, as a number and its unit. */
export function PeriodInput({ label, description, error, value, onChange }: Props) {
  const words = councilTexts.editor;
  const id = useId();
  return (
    <Input.Wrapper id={id} label={label} description={description} error={error} descriptionProps={{ mt: 5 }} inputWrapperOrder={["label", "input", "description", "error"]}>
      <Group gap="xs" wrap="nowrap">
        <NumberInput
          id={id}
          min={0}
          allowNegative={false}
          value={value.count}
          error={Boolean(error)}
          aria-describedby={`${id}-description${error ? ` ${id}-error` : ""}`}
          onChange={(count) => onChange({ ...value, count })}
          w={110}
        />
        <NativeSelect
          aria-label={words.unitOf(label)}
          value={value.unit}
          onChange={(event) => onChange({ ...value, unit: UNITS.find((unit) => unit === event.currentTarget.value) ?? "hour" })}
          data={UNITS.map((unit) => ({ value: unit, label: words.units[unit] }))}
        />
      </Group>
    </Input.Wrapper>
  );
}
