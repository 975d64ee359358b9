import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { type Seat, usePeople } from "./queries";
import { Failure } from "@/components/failure";
import { councilTexts } from "@/texts";

type Person = { id: string; name: string };
type Props = {
  /** Who has a seat already. */
  taken: string[];
  isBusy?: boolean;
  choose: (person: Person, seat: Seat) => void;
};

const words = councilTexts.people;

/** Finds people who may vote, and offers them a seat. */
export function FindPerson({ taken, isBusy, choose }: Props) {
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed, 250);
  const people = usePeople(search);
  return (
    <Stack gap="sm">
      <TextInput
        label={words.search}
        description={words.searchHint}
        data-autofocus
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
      />
      {people.error && <Failure error={people.error} />}
      {people.data?.length === 0 && <Text size="sm">{words.nobody}</Text>}
      {people.data?.map(({ id, name, email }) => (
        <Group key={id} justify="space-between" gap="xs">
          <div>
            <Text size="sm">{name}</Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {email}
            </Text>
          </div>
          {taken.includes(id) ? (
            <Text size="xs" c="dimmed">
              {words.seated}
            </Text>
          ) : (
            <Group gap={6}>
              <Button
                size="compact-sm"
                variant="light"
                disabled={isBusy}
                aria-label={words.asMemberOf(name)}
                onClick={() => choose({ id, name }, "member")}
              >
                {words.asMember}
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                disabled={isBusy}
                aria-label={words.asChairOf(name)}
                onClick={() => choose({ id, name }, "chair")}
              >
                {words.asChair}
              </Button>
            </Group>
          )}
        </Group>
      ))}
    </Stack>
  );
}
