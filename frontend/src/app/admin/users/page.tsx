"use client";

import { Button, Group, NativeSelect, Text } from "@mantine/core";
import { IconSearch, IconUserPlus, IconUsers } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { Suspense, useState } from "react";
import { ROLES, type Role, STATES, type User, type UserState, useUsers } from "./queries";
import { Empty } from "@/components/empty";
import { useFilters } from "@/components/filters";
import { Loaded, Loading } from "@/components/loaded";
import { NameLink } from "@/components/name-link";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { type Column, Rows, moreOf } from "@/components/rows";
import { StatusBadge } from "@/components/status-badge";
import { Ago } from "@/components/time";
import { TypedFilter } from "@/components/typed-filter";
import { adminTexts, texts } from "@/texts";

const AddUser = dynamic(() => import("./add-user").then((module) => module.AddUser), { ssr: false });

const text = adminTexts.users;

const COLUMNS: Column<User>[] = [
  {
    label: text.name,
    width: "minmax(0, 2.2fr)",
    isPlain: true,
    cell: ({ id, name, email }) => <NameLink href={`/admin/users/${id}`} name={name || id} below={email} />,
  },
  { label: text.role, width: "minmax(0, 1fr)", cell: ({ role }) => <Text size="sm" span>{texts.roles[role]}</Text> },
  { label: text.state, width: "minmax(0, 1fr)", isPlain: true, cell: ({ state }) => <StatusBadge status={state} /> },
  {
    label: text.added,
    width: "minmax(0, 1fr)",
    isEnd: true,
    cell: ({ created_at }) => <Text size="sm" span><Ago at={created_at} /></Text>,
  },
];

export default function Users() {
  const [isAdding, setAdding] = useState(false);
  return (
    <OnlyAdmins>
      <Page
        title={text.title}
        description={text.description}
        actions={
          <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            {text.add}
          </Button>
        }
      >
        <Suspense fallback={<Loading />}>
          <List />
        </Suspense>
        {isAdding && <AddUser onClose={() => setAdding(false)} />}
      </Page>
    </OnlyAdmins>
  );
}

function List() {
  const { chosen, choose, isAny } = useFilters("search", "role", "state");
  const role = ROLES.find((known: Role) => known === chosen.role) ?? null;
  const state = STATES.find((known: UserState) => known === chosen.state) ?? null;
  const query = useUsers({ search: chosen.search, role, state });
  return (
    <>
      <Group gap="xs" align="end" role="search" aria-label={texts.filters}>
        <TypedFilter
          aria-label={text.search}
          placeholder={text.search}
          leftSection={<IconSearch size={16} aria-hidden />}
          maxLength={100}
          flex="1 1 14rem"
          maw={360}
          chosen={chosen.search}
          onChoose={(search) => choose({ search })}
        />
        <NativeSelect
          aria-label={text.role}
          value={role ?? ""}
          onChange={(event) => choose({ role: event.currentTarget.value })}
          data={[{ value: "", label: `${text.role}: ${text.any}` }, ...ROLES.map((value) => ({ value, label: texts.roles[value] }))]}
        />
        <NativeSelect
          aria-label={text.state}
          value={state ?? ""}
          onChange={(event) => choose({ state: event.currentTarget.value })}
          data={[{ value: "", label: `${text.state}: ${text.any}` }, ...STATES.map((value) => ({ value, label: text.states[value] }))]}
        />
        {isAny && (
          <Button variant="subtle" onClick={() => choose({ search: null, role: null, state: null })}>
            {texts.clearFilters}
          </Button>
        )}
      </Group>
      <Loaded query={query} skeleton={<Loading lines={8} />}>
        {({ pages }) => {
          const rows = pages.flatMap(({ users }) => users);
          if (rows.length === 0) return <Empty title={text.empty} hint={text.emptyHint} icon={IconUsers} />;
          return <Rows label={text.list} columns={COLUMNS} rows={rows} keyOf={({ id }) => id} more={moreOf(query)} />;
        }}
      </Loaded>
    </>
  );
}
