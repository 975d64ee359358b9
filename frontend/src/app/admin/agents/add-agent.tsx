"use client";

import { useRouter } from "next/navigation";
import { AgentForm } from "./agent-form";
import { useAddAgent } from "./queries";
import { useUser } from "@/api/session";
import { adminTexts } from "@/texts";

const text = adminTexts.agents;

/** Adds an agent. */
export function AddAgent({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const me = useUser();
  const add = useAddAgent();
  const onSuccess = ({ id }: { id: string }) => {
    onClose();
    router.push(`/admin/agents/${id}`);
  };
  return (
    <AgentForm
      title={text.add}
      act={text.addAct}
      initial={{ name: "", owner_id: me.id }}
      saving={add}
      onSave={(fields) => add.mutate(fields, { onSuccess })}
      onClose={onClose}
    />
  );
}
