"use client";

import type { Detail } from "../queries";
import { useCancel, useVeto } from "../queries";
import type { Act } from "./acts";
import { BreakGlass } from "./break-glass";
import { Retry } from "./retry";
import { Ask } from "@/components/ask";
import { workflowTexts } from "@/texts";

type Props = { act: Act; workflow: Detail; onClose: () => void };

/** Asks once more before something is done about the workflow. */
export function Dialogs({ act, workflow, onClose }: Props) {
  const cancel = useCancel(workflow.id);
  const veto = useVeto(workflow.id);
  const words = workflowTexts.acts;
  if (act === "retry") return <Retry workflow={workflow} onClose={onClose} />;
  if (act === "glass") return <BreakGlass workflow={workflow} onClose={onClose} />;
  if (act === "veto") {
    return (
      <Ask
        isOpen
        onClose={onClose}
        title={words.vetoTitle}
        act={words.vetoAct}
        isDangerous
        reason={{ label: words.reason, required: true }}
        mutation={veto}
      >
        {words.vetoBody}
      </Ask>
    );
  }
  return (
    <Ask
      isOpen
      onClose={onClose}
      title={words.cancelTitle}
      act={words.cancelAct}
      isDangerous
      reason={{ label: words.reason, required: false }}
      mutation={cancel}
    >
      {words.cancelBody(workflow.status)}
    </Ask>
  );
}
