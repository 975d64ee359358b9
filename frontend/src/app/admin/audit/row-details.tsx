"use client";

import { Anchor, Drawer, Stack, Text, Title } from "@mantine/core";
import type { Named } from "../names";
import { About } from "./about";
import type { Row } from "./queries";
import { Who } from "./who";
import { Json, Short } from "@/components/code";
import { Pairs } from "@/components/facts";
import { Link } from "@/components/link";
import { Time } from "@/components/time";
import { adminTexts, texts } from "@/texts";

const text = adminTexts.audit;

type Props = { row: Row; names: Map<string, Named> | undefined; onClose: () => void };

/** Everything that a row of the record says. */
export function RowDetails({ row, names, onClose }: Props) {
  const same = new URLSearchParams({ resource_kind: row.resource_kind, resource_id: row.resource_id });
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={text.row(row.id)}
      closeButtonProps={{ "aria-label": texts.close }}
    >
      <Stack>
        <Pairs
          of={[
            [text.when, <Time key="when" at={row.at} />],
            [text.actor, <Who key="who" row={row} names={names} />],
            [text.action, row.action],
            [text.about, <About key="about" row={row} names={names} isWhole />],
            [text.address, row.address ?? texts.none],
            [
              text.request,
              row.request_id ? (
                <Short key="request" of={row.request_id} label={text.request} length={36} />
              ) : (
                texts.none
              ),
            ],
          ]}
        />
        <div>
          <Title order={3} size="h5" mb={4}>
            {text.detail}
          </Title>
          <Json value={row.detail} label={text.detail} maxHeight={420} />
        </div>
        <div>
          <Title order={3} size="h5" mb={4}>
            {text.personal}
          </Title>
          {row.personal ? (
            <Json value={row.personal} label={text.personal} />
          ) : (
            <Text size="sm" c="dimmed">
              {text.noPersonal}
            </Text>
          )}
        </div>
        <Stack gap={4} align="start">
          <Anchor component={Link} href={`/admin/audit?${same}`} size="sm" onClick={onClose}>
            {text.sameRequest}
          </Anchor>
          {row.actor_id && (
            <Anchor component={Link} href={`/admin/audit?actor_id=${row.actor_id}`} size="sm" onClick={onClose}>
              {text.sameActor}
            </Anchor>
          )}
        </Stack>
      </Stack>
    </Drawer>
  );
}
