import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { NAMES, type Name, STEP_KINDS, fromLocal, toLocal } from "./filter";
import { useCouncils } from "../../councils/queries";
import { useTypeNames } from "../../workflows/list";
import type { useFilters } from "@/components/filters";
import { TypedFilter } from "@/components/typed-filter";
import { jobTexts, texts } from "@/texts";

const words = jobTexts.dead;

type Option = { value: string; label: string };

/** What is chosen is an option before it is known what there is to choose from. */
function withChosen(options: Option[], chosen: string | null): Option[] {
  const isKnown = !chosen || options.some(({ value }) => value === chosen);
  return isKnown ? options : [...options, { value: chosen, label: chosen }];
}

/** Which dead letters are wanted. */
export function Filters({ chosen, choose, isAny }: ReturnType<typeof useFilters<Name>>) {
  const types = useTypeNames();
  const councils = (useCouncils().data ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const clear = () => choose(Object.fromEntries(NAMES.map((name) => [name, null])));
  const select = (name: Name, label: string, any: string, options: Option[]) => (
    <NativeSelect
      label={label}
      value={chosen[name] ?? ""}
      onChange={(event) => choose({ [name]: event.currentTarget.value || null })}
      data={[{ value: "", label: any }, ...withChosen(options, chosen[name])]}
      maw={240}
    />
  );
  const time = (name: "failed_from" | "failed_until", label: string) => (
    <TextInput
      // What is typed counts once it is whole; until then it is the browser's.
      key={`${name} ${chosen[name] ?? ""}`}
      label={label}
      type="datetime-local"
      defaultValue={toLocal(chosen[name])}
      onBlur={(event) => {
        const typed = event.currentTarget.value;
        if (typed !== toLocal(chosen[name])) choose({ [name]: fromLocal(typed) });
      }}
    />
  );
  const kinds = STEP_KINDS.map((kind) => ({ value: kind, label: kind }));
  return (
    <Group role="search" aria-label={texts.filters} gap="sm" align="end">
      {select("workflow_type", words.type, words.anyType, types.data ?? [])}
      <TypedFilter label={words.domain} chosen={chosen.domain} onChoose={(domain) => choose({ domain })} w={130} />
      {select("council_id", words.council, words.anyCouncil, councils)}
      {select("step_kind", words.kind, words.anyKind, kinds)}
      <TypedFilter
        label={words.words}
        type="search"
        maxLength={200}
        chosen={chosen.error}
        onChoose={(error) => choose({ error })}
        style={{ flex: "1 1 12rem", maxWidth: "22rem" }}
      />
      {time("failed_from", words.from)}
      {time("failed_until", words.until)}
      {isAny && (
        <Button variant="subtle" onClick={clear}>
          {texts.clearFilters}
        </Button>
      )}
    </Group>
  );
}
