"use client";

import { AgentForm } from "../agent-form";
import { type Agent, useChangeAgent } from "../queries";
import { adminTexts, texts } from "@/texts";

/** Changes what an agent is called and who answers for it. */
export function EditAgent({ agent, onClose }: { agent: Agent; onClose: () => void }) {
  const change = useChangeAgent(agent.id);
  return (
    <AgentForm
      title={adminTexts.agent.nameAndOwner}
      act={texts.save}
      initial={agent}
      saving={change}
      onSave={(fields) => change.mutate(fields, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
