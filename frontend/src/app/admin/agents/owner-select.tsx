"use client";

import { Select } from "@mantine/core";
import { useNames } from "../names";
import { adminTexts } from "@/texts";

const text = adminTexts.agents;

type Props = { owner: string; onChoose: (id: string) => void; error?: string | undefined };

/** Chooses who answers for an agent, by name; its code is fetched with the form that it stands in. */
export function OwnerSelect({ owner, onChoose, error }: Props) {
  const names = useNames().data;
  const people = [...(names?.values() ?? [])].filter(({ kind, name }) => kind === "user" && name);
  return (
    <Select
      label={text.owner}
      description={text.ownerHint}
      searchable
      // It stands in a dialog: what drops down belongs to that, and is scrolled with the arrows.
      comboboxProps={{ withinPortal: false }}
      withScrollArea={false}
      styles={{ options: { maxHeight: 220, overflowY: "auto" } }}
      allowDeselect={false}
      nothingFoundMessage={text.nobody}
      value={owner}
      error={error}
      onChange={(id) => id && onChoose(id)}
      data={people.map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}
