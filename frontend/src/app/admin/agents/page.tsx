"use client";

import { Button, Text } from "@mantine/core";
import { IconPlus, IconRobot } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useNames } from "../names";
import { type Agent, useAgents } from "./queries";
import { Empty } from "@/components/empty";
import { Loaded, Loading } from "@/components/loaded";
import { NameLink } from "@/components/name-link";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { type Column, Rows, moreOf } from "@/components/rows";
import { StatusBadge } from "@/components/status-badge";
import { Ago } from "@/components/time";
import { adminTexts } from "@/texts";

const AddAgent = dynamic(() => import("./add-agent").then((module) => module.AddAgent), { ssr: false });

const text = adminTexts.agents;

export default function Agents() {
  const [isAdding, setAdding] = useState(false);
  return (
    <OnlyAdmins>
      <Page
        title={text.title}
        description={text.description}
        actions={
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            {text.add}
          </Button>
        }
      >
        <List />
        {isAdding && <AddAgent onClose={() => setAdding(false)} />}
      </Page>
    </OnlyAdmins>
  );
}

function List() {
  const query = useAgents();
  const names = useNames().data;
  const columns: Column<Agent>[] = [
    {
      label: text.name,
      width: "minmax(0, 2fr)",
      isPlain: true,
      cell: ({ id, name }) => <NameLink href={`/admin/agents/${id}`} name={name} />,
    },
    {
      label: text.owner,
      width: "minmax(0, 1.5fr)",
      cell: ({ owner_id }) => <NameLink href={`/admin/users/${owner_id}`} name={names?.get(owner_id)?.name ?? text.unknown} />,
    },
    { label: text.state, width: "minmax(0, 1fr)", isPlain: true, cell: ({ state }) => <StatusBadge status={state} /> },
    {
      label: text.added,
      width: "minmax(0, 1fr)",
      isEnd: true,
      cell: ({ created_at }) => <Text size="sm" span><Ago at={created_at} /></Text>,
    },
  ];
  return (
    <Loaded query={query} skeleton={<Loading lines={6} />}>
      {({ pages }) => {
        const rows = pages.flatMap(({ agents }) => agents);
        if (rows.length === 0) return <Empty title={text.empty} hint={text.emptyHint} icon={IconRobot} />;
        return <Rows label={text.list} columns={columns} rows={rows} keyOf={({ id }) => id} more={moreOf(query)} />;
      }}
    </Loaded>
  );
}
