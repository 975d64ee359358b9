"use client";

import { Anchor, Button, Group } from "@mantine/core";
import dynamic from "next/dynamic";
import { useParams } from "next/navigation";
import { useState } from "react";
import { useNames } from "../../names";
import { type Agent as Is, useAgent, useSetAgentState } from "../queries";
import { Keys } from "./keys";
import { Short } from "@/components/code";
import { Pairs } from "@/components/facts";
import { Failure } from "@/components/failure";
import { Link } from "@/components/link";
import { Loading } from "@/components/loaded";
import { NameLink } from "@/components/name-link";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { adminTexts, texts } from "@/texts";

const Ask = dynamic(() => import("@/components/ask").then((module) => module.Ask), { ssr: false });
const EditAgent = dynamic(() => import("./edit-agent").then((module) => module.EditAgent), { ssr: false });

const text = adminTexts.agent;
const PATH = [{ href: "/admin/agents", label: adminTexts.agents.title }];

export default function Agent() {
  return (
    <OnlyAdmins>
      <One />
    </OnlyAdmins>
  );
}

function One() {
  const { id } = useParams<{ id: string }>();
  const { data: agent, error, refetch } = useAgent(id);
  if (!agent) {
    return (
      <Page title={adminTexts.agents.title} path={PATH}>
        {error ? <Failure error={error} retry={() => void refetch()} /> : <Loading lines={8} />}
      </Page>
    );
  }
  return (
    <Page title={agent.name} path={PATH} aside={<StatusBadge status={agent.state} />} actions={<Acts agent={agent} />}>
      <About agent={agent} />
      <Keys agent={agent} />
    </Page>
  );
}

function About({ agent }: { agent: Is }) {
  const names = useNames().data;
  // Until names are known, nobody is called "somebody".
  const owner = names ? names.get(agent.owner_id)?.name || adminTexts.agents.unknown : texts.loading;
  return (
    <Section title={text.nameAndOwner}>
      <Pairs
        of={[
          [adminTexts.agents.owner, <NameLink key="owner" href={`/admin/users/${agent.owner_id}`} name={owner} />],
          [adminTexts.agents.added, <Time key="added" at={agent.created_at} />],
          [adminTexts.user.id, <Short key="id" of={agent.id} label={adminTexts.user.id} length={36} />],
        ]}
      />
      <Group gap="md" mt="xs">
        <Anchor component={Link} href={`/admin/audit?actor_id=${agent.id}`} size="sm">
          {text.record}
        </Anchor>
        <Anchor component={Link} href={`/workflows?by=${agent.id}`} size="sm">
          {text.proposals}
        </Anchor>
      </Group>
    </Section>
  );
}

function Acts({ agent }: { agent: Is }) {
  const [open, setOpen] = useState<"edit" | "state" | null>(null);
  const isOut = agent.state === "deactivated";
  const setState = useSetAgentState(agent.id, isOut ? "active" : "deactivated");
  const close = () => setOpen(null);
  return (
    <>
      <Button variant="default" onClick={() => setOpen("edit")}>
        {text.nameAndOwner}
      </Button>
      <Button variant="default" onClick={() => setOpen("state")}>
        {isOut ? text.reactivate : text.deactivate}
      </Button>
      {open === "edit" && <EditAgent agent={agent} onClose={close} />}
      {open === "state" && (
        <Ask
          isOpen
          onClose={close}
          title={isOut ? text.reactivateTitle(agent.name) : text.deactivateTitle(agent.name)}
          act={isOut ? text.reactivate : text.deactivate}
          {...(!isOut && { isDangerous: true as const })}
          mutation={setState}
        >
          {isOut ? text.reactivateHint : text.deactivateHint}
        </Ask>
      )}
    </>
  );
}
