"use client";

import { Drawer, Stack, Title } from "@mantine/core";
import type { ReactNode } from "react";
import type { Delivery } from "../queries";
import { Json, Short } from "@/components/code";
import { Pairs } from "@/components/facts";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { adminTexts, texts } from "@/texts";

const text = adminTexts.webhook;

/** Everything that is known of one delivery. */
export function DeliveryDetails({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  const times: [string, ReactNode][] = [[text.when, <Time key="when" at={delivery.created_at} />]];
  if (delivery.status === "pending") times.push([text.nextTry, <Time key="due" at={delivery.due_at} />]);
  if (delivery.finished_at) times.push([text.finished, <Time key="finished" at={delivery.finished_at} />]);
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={delivery.event_type}
      closeButtonProps={{ "aria-label": texts.close }}
    >
      <Stack>
        <Pairs
          of={[
            [text.status, <StatusBadge key="status" status={delivery.status} />],
            [text.attempts, String(delivery.attempts)],
            [text.answer, delivery.last_status ? String(delivery.last_status) : text.noAnswer],
            ...(delivery.last_error ? [[text.error, delivery.last_error] satisfies [string, ReactNode]] : []),
            ...times,
            [text.eventId, <Short key="event" of={delivery.event_id} label={text.eventId} length={36} />],
          ]}
        />
        <Title order={3} size="h5">
          {text.payload}
        </Title>
        <Json value={delivery.payload} label={text.payload} maxHeight={480} />
      </Stack>
    </Drawer>
  );
}
