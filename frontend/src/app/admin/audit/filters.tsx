"use client";

import { Button, NativeSelect, SimpleGrid, TextInput } from "@mantine/core";
import { useId } from "react";
import { useNames } from "../names";
import { ACTIONS, KINDS } from "./actions";
import { fromField, toField } from "./local-time";
import { useAuditFilters } from "./queries";
import { TypedFilter } from "@/components/typed-filter";
import { adminTexts, texts } from "@/texts";

const text = adminTexts.audit;

/** The filters of the record. */
export function AuditFilters() {
  const { chosen, choose, clear, isAny } = useAuditFilters();
  const actions = useId();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="xs" verticalSpacing="xs" role="search" aria-label={texts.filters}>
      <ActorFilter chosen={chosen.actor_id} onChoose={(actor_id) => choose({ actor_id })} />
      <TypedFilter
        label={text.action}
        placeholder={text.actionHint}
        list={actions}
        maxLength={100}
        chosen={chosen.action}
        onChoose={(action) => choose({ action })}
      />
      <datalist id={actions}>
        {ACTIONS.map((action) => (
          <option key={action} value={action} />
        ))}
      </datalist>
      <NativeSelect
        label={text.kind}
        value={chosen.resource_kind ?? ""}
        onChange={(event) => choose({ resource_kind: event.currentTarget.value })}
        data={[
          { value: "", label: text.anything },
          ...[...new Set([...KINDS, ...(chosen.resource_kind ? [chosen.resource_kind] : [])])].map((value) => ({
            value,
            label: value.replaceAll("_", " "),
          })),
        ]}
      />
      <TypedFilter
        label={text.thing}
        maxLength={200}
        chosen={chosen.resource_id}
        onChoose={(resource_id) => choose({ resource_id })}
      />
      <TextInput
        label={text.from}
        type="datetime-local"
        value={toField(chosen.from)}
        onChange={(event) => choose({ from: fromField(event.currentTarget.value) })}
      />
      <TextInput
        label={text.to}
        type="datetime-local"
        value={toField(chosen.to)}
        onChange={(event) => choose({ to: fromField(event.currentTarget.value) })}
      />
      {isAny && (
        <Button variant="subtle" justify="start" onClick={clear}>
          {texts.clearFilters}
        </Button>
      )}
    </SimpleGrid>
  );
}

function ActorFilter({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string | null) => void }) {
  const names = [...(useNames().data?.values() ?? [])];
  const options = (kind: "user" | "agent") =>
    names.filter((named) => named.kind === kind && named.name).map(({ id, name }) => ({ value: id, label: name }));
  const isUnknown = chosen !== null && !names.some(({ id, name }) => id === chosen && name);
  return (
    <NativeSelect
      label={text.actor}
      value={chosen ?? ""}
      onChange={(event) => onChoose(event.currentTarget.value || null)}
      data={[
        { value: "", label: text.anybody },
        ...(isUnknown ? [{ value: chosen, label: chosen }] : []),
        { group: text.people, items: options("user") },
        { group: text.agentsGroup, items: options("agent") },
      ]}
    />
  );
}
