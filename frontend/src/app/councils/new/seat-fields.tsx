import { CloseButton, Group, Stack, Text } from "@mantine/core";
import { FindPerson } from "../find-person";
import type { Seat } from "../queries";
import { Section } from "@/components/section";
import { councilTexts } from "@/texts";

export type Chosen = { id: string; name: string; seat: Seat };

const words = councilTexts.new;

/** Who will sit in a new council. */
export function SeatFields({ chosen, onChange }: { chosen: Chosen[]; onChange: (chosen: Chosen[]) => void }) {
  return (
    <Section title={words.seats} description={words.seatsHint}>
      <Stack gap="sm">
        {chosen.length === 0 && <Text size="sm">{words.none}</Text>}
        {chosen.map(({ id, name, seat }) => (
          <Group key={id} gap="xs">
            <Text size="sm">{name}</Text>
            <Text size="sm" c="dimmed">
              {councilTexts.kinds[seat]}
            </Text>
            <CloseButton
              size="sm"
              aria-label={words.drop(name)}
              onClick={() => onChange(chosen.filter((one) => one.id !== id))}
            />
          </Group>
        ))}
        <FindPerson
          taken={chosen.map(({ id }) => id)}
          choose={({ id, name }, seat) => onChange([...chosen, { id, name, seat }])}
        />
      </Stack>
    </Section>
  );
}
