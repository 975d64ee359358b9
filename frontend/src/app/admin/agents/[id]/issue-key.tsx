"use client";

import { Box, Checkbox, Code, NativeSelect, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type Agent, type Scope, useIssueKey } from "../queries";
import { useSession } from "@/api/session";
import { Copy } from "@/components/code";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { ShownOnce } from "@/components/shown-once";
import { adminTexts } from "@/texts";

const text = adminTexts.agent;
const SCOPES: Scope[] = ["read", "propose"];
const DAYS = [7, 30, 90, 180, 365];
const USUAL_DAYS = 90;

/** Issues a key, and shows it the only time that it can be shown. */
export function IssueKey({ agent, onClose }: { agent: Agent; onClose: () => void }) {
  const [scopes, setScopes] = useState<string[]>(SCOPES);
  const [days, setDays] = useState(USUAL_DAYS);
  const issue = useIssueKey(agent.id);
  if (issue.data) return <NewKey of={issue.data.api_key} onClose={onClose} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    issue.mutate({ scopes: SCOPES.filter((scope) => scopes.includes(scope)), expires_in_days: days });
  };
  return (
    <Dialog opened onClose={onClose} title={text.issue}>
      <form onSubmit={submit}>
        <Stack>
          <Checkbox.Group
            label={text.scopesLabel}
            value={scopes}
            onChange={setScopes}
            error={scopes.length === 0 && text.noScope}
          >
            <Stack gap="xs" mt="xs">
              {SCOPES.map((scope) => (
                <Checkbox
                  key={scope}
                  value={scope}
                  label={text.scopes[scope].label}
                  description={text.scopes[scope].hint}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          <NativeSelect
            label={text.days}
            value={String(days)}
            onChange={(event) => setDays(Number(event.currentTarget.value))}
            data={DAYS.map((value) => ({ value: String(value), label: text.inDays(value) }))}
          />
          {issue.error && <Failure error={issue.error} />}
          <DialogActs onCancel={onClose} type="submit" loading={issue.isPending} disabled={scopes.length === 0}>
            {text.issueAct}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}

function NewKey({ of, onClose }: { of: string; onClose: () => void }) {
  const { apiUrl } = useSession();
  const curl = `curl ${apiUrl}/api/workflow-types -H "Authorization: Bearer ${of}"`;
  const server = { type: "http", url: `${apiUrl}/mcp`, headers: { Authorization: `Bearer ${of}` } };
  const mcp = JSON.stringify({ mcpServers: { "codex-dominion": server } }, null, 2);
  return (
    <ShownOnce title={text.shownTitle} label={text.shownLabel} value={of} hint={text.shownHint} onClose={onClose}>
      <Example title={text.curl} of={curl} />
      <Example title={text.mcp} of={mcp} />
    </ShownOnce>
  );
}

function Example({ title, of }: { title: string; of: string }) {
  return (
    <div>
      <Text size="sm" fw={550} mb={4}>
        {title}
      </Text>
      <Box pos="relative">
        <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} pr={36}>
          {of}
        </Code>
        <Box pos="absolute" top={4} right={4}>
          <Copy text={of} label={`${text.examples}: ${title}`} />
        </Box>
      </Box>
    </div>
  );
}
