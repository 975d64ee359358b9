"use client";

import { Box, Button, Code } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Agent, type ApiKey, useKeys, useRevokeKey } from "../queries";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Table } from "@/components/table";
import { Ago } from "@/components/time";
import { adminTexts } from "@/texts";

const Ask = dynamic(() => import("@/components/ask").then((module) => module.Ask), { ssr: false });
const IssueKey = dynamic(() => import("./issue-key").then((module) => module.IssueKey), { ssr: false });

const text = adminTexts.agent;

/** The keys of an agent. */
export function Keys({ agent }: { agent: Agent }) {
  const query = useKeys(agent.id);
  const [isIssuing, setIssuing] = useState(false);
  return (
    <Section
      title={text.keys}
      description={text.keysHint}
      aside={
        agent.state === "active" && (
          <Button size="xs" onClick={() => setIssuing(true)}>
            {text.issue}
          </Button>
        )
      }
    >
      <Loaded query={query}>
        {(keys) =>
          keys.length === 0 ? (
            <Empty title={text.noKeys} hint={text.noKeysHint} icon={IconKey} />
          ) : (
            <Table minWidth={760}>
              <thead>
                <tr>
                  <th>{text.key}</th>
                  <th>{text.scopesLabel}</th>
                  <th>{text.state}</th>
                  <th>{text.issued}</th>
                  <th>{text.expires}</th>
                  <td />
                </tr>
              </thead>
              <tbody>
                {keys.map((key) => (
                  <Row key={key.id} agent={agent} apiKey={key} />
                ))}
              </tbody>
            </Table>
          )
        }
      </Loaded>
      {isIssuing && <IssueKey agent={agent} onClose={() => setIssuing(false)} />}
    </Section>
  );
}

function stateOf({ revoked_at, expires_at }: ApiKey): "revoked" | "expired_key" | "active" {
  if (revoked_at) return "revoked";
  return new Date(expires_at).getTime() < Date.now() ? "expired_key" : "active";
}

function Row({ agent, apiKey }: { agent: Agent; apiKey: ApiKey }) {
  const [isOpen, setOpen] = useState(false);
  const revoke = useRevokeKey(agent.id, apiKey.id);
  const state = stateOf(apiKey);
  return (
    <tr>
      <td>
        <Code>cdx_{apiKey.prefix}…</Code>
      </td>
      <td>{apiKey.scopes.map((scope) => text.scopes[scope].label).join(", ")}</td>
      <td>
        <StatusBadge status={state} />
      </td>
      <td>
        <Ago at={apiKey.created_at} />
      </td>
      <td>
        <Ago at={apiKey.revoked_at ?? apiKey.expires_at} />
      </td>
      <Box component="td" ta="end">
        {state === "active" && (
          <Button
            size="xs"
            variant="light"
            color="red"
            aria-label={text.revokeOf(apiKey.prefix)}
            onClick={() => setOpen(true)}
          >
            {text.revoke}
          </Button>
        )}
        {isOpen && (
          <Ask
            isOpen
            onClose={() => setOpen(false)}
            title={text.revokeTitle}
            act={text.revoke}
            isDangerous
            mutation={revoke}
          >
            {text.revokeHint(`cdx_${apiKey.prefix}`)}
          </Ask>
        )}
      </Box>
    </tr>
  );
}
