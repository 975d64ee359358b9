"use client";

import { Badge, Button, Group, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import { deviceName } from "./device";
import { Ago } from "./time";
import type { components } from "@/api/schema";
import { accountTexts } from "@/texts";

type OpenSession = components["schemas"]["OpenSession"];

type Props = {
  sessions: OpenSession[];
  /** The one that is looked on from. */
  current?: string;
  onEnd: (id: string) => void;
  /** The one that is being ended. */
  ending: string | null;
};

/** Sessions that have not ended, each with a button that ends it. */
export function SessionList({ sessions, current, onEnd, ending }: Props) {
  if (sessions.length === 0) return <Text c="dimmed">{accountTexts.noSessions}</Text>;
  return (
    <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
      {sessions.map((session) => {
        const device = deviceName(session.user_agent);
        const Icon = /Android|iPhone|Mobile/.test(session.user_agent ?? "") ? IconDeviceMobile : IconDeviceDesktop;
        return (
          <Group key={session.id} component="li" wrap="nowrap" gap="sm">
            <ThemeIcon variant="light" color={session.id === current ? undefined : "gray"} size="lg" aria-hidden>
              <Icon size={20} stroke={1.6} />
            </ThemeIcon>
            <div style={{ flex: 1, minWidth: 0 }}>
              <Group gap="xs">
                <Text size="sm" fw={550} title={session.user_agent ?? undefined}>
                  {device}
                </Text>
                {session.id === current && (
                  <Badge size="sm" variant="light" tt="none">
                    {accountTexts.thisOne}
                  </Badge>
                )}
              </Group>
              <Text size="xs" c="dimmed">
                {accountTexts.lastUsed} <Ago at={session.last_used_at} />
                {session.address && ` ${accountTexts.from(session.address)}`}; {accountTexts.since}{" "}
                <Ago at={session.created_at} />, {accountTexts.until} <Ago at={session.expires_at} />
              </Text>
            </div>
            {session.id !== current && (
              <Button
                size="xs"
                variant="default"
                aria-label={accountTexts.endOf(device)}
                loading={ending === session.id}
                onClick={() => onEnd(session.id)}
              >
                {accountTexts.end}
              </Button>
            )}
          </Group>
        );
      })}
    </Stack>
  );
}
