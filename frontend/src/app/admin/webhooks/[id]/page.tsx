"use client";

import { Alert, Badge, Group } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useParams } from "next/navigation";
import type { ReactNode } from "react";
import { type Webhook as Is, useWebhook } from "../queries";
import { Acts } from "./acts";
import { Deliveries } from "./deliveries";
import { Pairs } from "@/components/facts";
import { Failure } from "@/components/failure";
import { Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { adminTexts, texts } from "@/texts";

const text = adminTexts.webhook;
const PATH = [{ href: "/admin/webhooks", label: adminTexts.webhooks.title }];

export default function Webhook() {
  return (
    <OnlyAdmins>
      <One />
    </OnlyAdmins>
  );
}

function One() {
  const { id } = useParams<{ id: string }>();
  const query = useWebhook(id);
  const webhook = query.data?.pages[0];
  if (!webhook) {
    return (
      <Page title={adminTexts.webhooks.title} path={PATH}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Loading lines={8} />}
      </Page>
    );
  }
  return (
    <Page
      title={webhook.description || new URL(webhook.url).host}
      path={PATH}
      aside={<StatusBadge status={webhook.state} />}
      actions={<Acts webhook={webhook} />}
    >
      {webhook.disabled_because && (
        <Alert color="red" title={text.disabled} icon={<IconAlertTriangle aria-hidden />}>
          {webhook.disabled_because}
        </Alert>
      )}
      {webhook.state === "paused" && <Alert color="yellow">{text.pausedHint}</Alert>}
      <About webhook={webhook} />
      <Deliveries webhook={webhook.id} query={query} />
    </Page>
  );
}

function About({ webhook }: { webhook: Is }) {
  const names = adminTexts.webhooks;
  return (
    <Section title={text.about}>
      <Pairs
        of={[
          [names.url, webhook.url],
          [names.what, webhook.description || texts.none],
          [
            names.events,
            <Group key="events" gap={6}>
              {webhook.events.map((event) => (
                <Badge key={event} variant="default" tt="none" title={names.eventTypes[event].hint}>
                  {event}
                </Badge>
              ))}
            </Group>,
          ],
          [names.added, <Time key="added" at={webhook.created_at} />],
          ...(webhook.previous_secret_until
            ? [[text.twoSecrets, <Time key="until" at={webhook.previous_secret_until} />] satisfies [string, ReactNode]]
            : []),
        ]}
      />
    </Section>
  );
}
