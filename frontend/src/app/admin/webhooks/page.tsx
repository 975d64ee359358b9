"use client";

import { Button, Text } from "@mantine/core";
import { IconPlus, IconWebhook } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Webhook, useWebhooks } from "./queries";
import { Empty } from "@/components/empty";
import { Loaded, Loading } from "@/components/loaded";
import { NameLink } from "@/components/name-link";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { type Column, Rows, moreOf } from "@/components/rows";
import { StatusBadge } from "@/components/status-badge";
import { Ago } from "@/components/time";
import { adminTexts } from "@/texts";

const WebhookForm = dynamic(() => import("./webhook-form").then((module) => module.WebhookForm), { ssr: false });

const text = adminTexts.webhooks;

const COLUMNS: Column<Webhook>[] = [
  {
    label: text.url,
    width: "minmax(0, 2.4fr)",
    isPlain: true,
    cell: ({ id, url, description }) => <NameLink href={`/admin/webhooks/${id}`} name={url} below={description} />,
  },
  {
    label: text.events,
    width: "minmax(0, 0.8fr)",
    cell: ({ events }) => (
      <Text size="sm" span title={events.join(", ")}>
        {text.allEvents(events.length)}
      </Text>
    ),
  },
  { label: text.state, width: "minmax(0, 0.8fr)", isPlain: true, cell: ({ state }) => <StatusBadge status={state} /> },
  {
    label: text.added,
    width: "minmax(0, 0.8fr)",
    isEnd: true,
    cell: ({ created_at }) => <Text size="sm" span><Ago at={created_at} /></Text>,
  },
];

export default function Webhooks() {
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
        {isAdding && <WebhookForm onClose={() => setAdding(false)} />}
      </Page>
    </OnlyAdmins>
  );
}

function List() {
  const query = useWebhooks();
  return (
    <Loaded query={query} skeleton={<Loading lines={6} />}>
      {({ pages }) => {
        const rows = pages.flatMap(({ webhooks }) => webhooks);
        if (rows.length === 0) return <Empty title={text.empty} hint={text.emptyHint} icon={IconWebhook} />;
        return <Rows label={text.list} columns={COLUMNS} rows={rows} keyOf={({ id }) => id} more={moreOf(query)} />;
      }}
    </Loaded>
  );
}
