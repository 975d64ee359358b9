"use client";

import { Anchor, Button, Text, Title } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Delivery, type useWebhook, useRedeliver } from "../queries";
import { Empty } from "@/components/empty";
import { type Column, Rows, moreOf } from "@/components/rows";
import { StatusBadge } from "@/components/status-badge";
import { Ago, relative } from "@/components/time";
import { adminTexts, texts } from "@/texts";

const DeliveryDetails = dynamic(() => import("./delivery-details").then((module) => module.DeliveryDetails), {
  ssr: false,
});

const text = adminTexts.webhook;

/** What a webhook was sent, and how that went. */
export function Deliveries({ webhook, query }: { webhook: string; query: ReturnType<typeof useWebhook> }) {
  const rows = query.data?.pages.flatMap(({ deliveries }) => deliveries) ?? [];
  const [shown, setShown] = useState<string | null>(null);
  const redeliver = useRedeliver(webhook);
  const columns: Column<Delivery>[] = [
    {
      label: text.event,
      width: "minmax(0, 1.4fr)",
      isPlain: true,
      cell: ({ id, event_type, created_at }) => (
        <Anchor
          component="button"
          type="button"
          size="sm"
          ta="start"
          aria-haspopup="dialog"
          aria-label={text.detailsOf(event_type, relative(created_at))}
          onClick={() => setShown(id)}
        >
          {event_type}
        </Anchor>
      ),
    },
    { label: text.status, width: "minmax(0, 1fr)", isPlain: true, cell: ({ status }) => <StatusBadge status={status} /> },
    { label: text.attempts, width: "5.5rem", cell: ({ attempts }) => <Text size="sm" span>{attempts}</Text> },
    {
      label: text.answer,
      width: "minmax(0, 2fr)",
      cell: ({ last_status, last_error }) => (
        <Text size="sm" span>
          {last_error ?? last_status ?? text.noAnswer}
        </Text>
      ),
    },
    {
      label: text.when,
      width: "minmax(0, 1fr)",
      cell: ({ created_at }) => <Text size="sm" span><Ago at={created_at} /></Text>,
    },
    {
      label: texts.actions,
      width: "7.5rem",
      isPlain: true,
      isEnd: true,
      cell: ({ id, status, event_type, created_at }) =>
        status !== "pending" && (
          <Button
            size="xs"
            variant="default"
            aria-label={text.redeliverOf(event_type, relative(created_at))}
            loading={redeliver.isPending && redeliver.variables === id}
            onClick={() => redeliver.mutate(id)}
          >
            {text.redeliver}
          </Button>
        ),
    },
  ];
  const delivery = rows.find(({ id }) => id === shown);
  return (
    <section aria-labelledby="deliveries">
      <Title order={2} size="h4" id="deliveries">
        {text.deliveries}
      </Title>
      <Text c="dimmed" size="sm" mb="sm">
        {text.deliveriesHint}
      </Text>
      {rows.length === 0 ? (
        <Empty title={text.none} hint={text.noneHint} icon={IconSend} />
      ) : (
        <Rows label={text.deliveries} columns={columns} rows={rows} keyOf={({ id }) => id} more={moreOf(query)} />
      )}
      {delivery && <DeliveryDetails delivery={delivery} onClose={() => setShown(null)} />}
    </section>
  );
}
