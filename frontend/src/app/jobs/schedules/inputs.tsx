import { Text } from "@mantine/core";
import { useType } from "../../types/queries";
import { Loaded } from "@/components/loaded";
import { type Free, type Schema, SchemaForm } from "@/components/schema-form";
import { Section } from "@/components/section";
import { jobTexts } from "@/texts";

const words = jobTexts.schedules;

type Props = {
  type: string;
  /** Null until something was typed: then they are what the type's schema begins with. */
  inputs: Free | null;
  onChange: (inputs: Free) => void;
  onReadable: (isReadable: boolean) => void;
  refused: Record<string, string>;
  isTried: boolean;
  begin: (schema: Schema) => Free;
};

/** What it proposes with, in the form that the type asks for. */
export function Inputs({ type, inputs, begin, onChange, onReadable, refused, isTried }: Props) {
  const query = useType(type);
  return (
    <Section title={words.inputs} description={words.inputsHint}>
      {type === "" ? (
        <Text size="sm" c="dimmed">
          {words.choose}
        </Text>
      ) : (
        <Loaded query={query}>
          {({ value }) =>
            // What is shown while the next type is fetched is the last one.
            value.id === type && (
              <SchemaForm
                key={type}
                schema={value.input_schema}
                value={inputs ?? begin(value.input_schema)}
                onChange={onChange}
                onReadable={onReadable}
                refused={refused}
                isTried={isTried}
              />
            )
          }
        </Loaded>
      )}
    </Section>
  );
}
