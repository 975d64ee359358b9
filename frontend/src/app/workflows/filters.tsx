"use client";

import { Button, Chip, Group, NativeSelect } from "@mantine/core";
import { useTypeNames } from "./list";
import { STATUSES, type Status } from "./queries";
import { useCouncils } from "../councils/queries";
import { useSession } from "@/api/session";
import type { useFilters } from "@/components/filters";
import { texts, workflowTexts } from "@/texts";

export type FilterName = "status" | "type" | "council" | "by";
type Props = ReturnType<typeof useFilters<FilterName>> & { statuses: Status[] };

const words = workflowTexts.filters;

/** The statuses that an address names. */
export function statusesOf(chosen: string | null): Status[] {
  const named = chosen?.split(",") ?? [];
  return STATUSES.filter((status) => named.includes(status));
}

/** Which workflows are wanted: any of some statuses, and of a type, a council, and who proposed. */
export function Filters({ chosen, choose, isAny, statuses }: Props) {
  const { user } = useSession();
  const types = useTypeNames();
  const councils = useCouncils();
  const who = [
    { value: "", label: words.anyone },
    ...(user?.role === "viewer" ? [] : [{ value: "me", label: words.mine }]),
  ];
  return (
    <div role="search" aria-label={texts.filters}>
      <Chip.Group multiple value={statuses} onChange={(values) => choose({ status: values.join(",") || null })}>
        <Group gap={6} role="group" aria-label={words.status}>
          {STATUSES.map((status) => (
            <Chip key={status} value={status} size="xs" variant="outline">
              {texts.statuses[status] ?? status}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Group mt="sm" gap="sm" align="end">
        <NativeSelect
          label={words.type}
          value={chosen.type ?? ""}
          onChange={(event) => choose({ type: event.currentTarget.value || null })}
          data={[{ value: "", label: words.anyType }, ...withChosen(types.data ?? [], chosen.type)]}
          maw={260}
        />
        <NativeSelect
          label={words.council}
          value={chosen.council ?? ""}
          onChange={(event) => choose({ council: event.currentTarget.value || null })}
          data={[
            { value: "", label: words.anyCouncil },
            ...withChosen((councils.data ?? []).map(({ id, name }) => ({ value: id, label: name })), chosen.council),
          ]}
          maw={260}
        />
        <NativeSelect
          label={words.by}
          value={chosen.by ?? ""}
          onChange={(event) => choose({ by: event.currentTarget.value || null })}
          data={withChosen(who, chosen.by)}
          maw={260}
        />
        {isAny && (
          <Button variant="subtle" onClick={() => choose({ status: null, type: null, council: null, by: null })}>
            {texts.clearFilters}
          </Button>
        )}
      </Group>
    </div>
  );
}

/** What the address names is shown as chosen, before it is known what there is to choose from. */
function withChosen(options: { value: string; label: string }[], chosen: string | null) {
  const isKnown = !chosen || options.some(({ value }) => value === chosen);
  return isKnown ? options : [...options, { value: chosen, label: chosen }];
}
