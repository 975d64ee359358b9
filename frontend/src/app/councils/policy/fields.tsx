import { Stack } from "@mantine/core";
import type { Draft, Errors } from "./draft";
import { RuleFields } from "./rule-fields";
import { ScopeFields } from "./scope-fields";
import { TimeFields } from "./time-fields";

export type FieldsProps = {
  draft: Draft;
  errors: Errors;
  onChange: (change: Partial<Draft>) => void;
};

type Props = FieldsProps & {
  /** How many seats there are: no more approvals can be asked for. */
  seats: number;
  /** The council itself, which can't escalate to itself. */
  council?: string;
};

/** Every field of a policy, in the units that people think in. */
export function PolicyFields({ seats, council, ...fields }: Props) {
  return (
    <Stack>
      <RuleFields {...fields} seats={seats} />
      <TimeFields {...fields} council={council} />
      <ScopeFields {...fields} />
    </Stack>
  );
}

/** What is wrong with a field or with one of its parts. */
export function errorOf(errors: Errors, field: string): string | undefined {
  return errors[field] ?? Object.entries(errors).find(([name]) => name.startsWith(`${field}.`))?.[1];
}
