"use client";

import { Button } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Detail, canBeStopped } from "../queries";
import { coolsUntil } from "./cooling";
import { useUser } from "@/api/session";
import { useNow } from "@/components/time";
import { workflowTexts } from "@/texts";

const Dialogs = dynamic(() => import("./dialogs").then((module) => module.Dialogs), { ssr: false });

export type Act = "cancel" | "veto" | "retry" | "glass";

/** What this person can do about the workflow, as far as it is known here; the API has the last word. */
export function Acts({ workflow }: { workflow: Detail }) {
  const [act, setAct] = useState<Act | null>(null);
  const user = useUser();
  const now = useNow(5000);
  const isAdmin = user.role === "admin";
  const isMine = workflow.proposed_by.id === user.id;
  const chairs = user.seats.filter(({ seat }) => seat === "chair").map(({ council_id }) => council_id);
  const until = coolsUntil(workflow);
  const may: Record<Act, boolean> = {
    glass:
      isAdmin &&
      workflow.status === "pending_review" &&
      !workflow.timeline.some(({ event }) => event === "glass_broken"),
    veto:
      until !== null &&
      Date.parse(until) > now &&
      (isAdmin ||
        workflow.reviews.some(({ council_id, outcome }) => outcome === "approved" && chairs.includes(council_id))),
    retry: isAdmin && workflow.status === "failed",
    cancel: canBeStopped(workflow.status) && user.role !== "viewer" && (isAdmin || isMine),
  };
  const acts: Act[] = ["retry", "veto", "glass", "cancel"];
  return (
    <>
      {acts
        .filter((one) => may[one])
        .map((one) => (
          <Button key={one} size="xs" variant={one === "retry" ? "filled" : "default"} onClick={() => setAct(one)}>
            {workflowTexts.acts[one]}
          </Button>
        ))}
      {act && <Dialogs act={act} workflow={workflow} onClose={() => setAct(null)} />}
    </>
  );
}
