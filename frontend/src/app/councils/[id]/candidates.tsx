import { NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { type Council, useCouncils, usePeople } from "../queries";
import { useIsAdmin } from "@/api/session";
import { councilTexts } from "@/texts";

type Props = { council: Council; value: string; onChange: (id: string) => void; error?: string };

const words = councilTexts.people;

/** Who could stand in: who is seated elsewhere; admins can search for anybody who may vote. */
export function Candidates({ council, value, onChange, error }: Props) {
  const isAdmin = useIsAdmin();
  const councils = useCouncils();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed, 250);
  const people = usePeople(search);
  const seated = (councils.data ?? []).flatMap(({ seats }) => seats).map(({ user_id, name }) => ({ id: user_id, name }));
  const known = new Map((people.data ?? seated).map(({ id, name }) => [id, name]));
  for (const { user_id } of council.seats) known.delete(user_id);
  const options = [...known].map(([id, name]) => ({ value: id, label: name }));
  const few = people.data ? words.nobody : words.noDelegate;
  const hint = isAdmin ? words.delegateHint : words.delegateFew;
  return (
    <>
      {isAdmin && (
        <TextInput
          label={words.search}
          description={words.searchHint}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            onChange("");
          }}
          onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
        />
      )}
      <NativeSelect
        label={words.delegate}
        description={options.length === 0 ? few : hint}
        required
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={[{ value: "", label: councilTexts.editor.choose }, ...options]}
        error={error}
      />
    </>
  );
}
