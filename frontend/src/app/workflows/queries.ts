import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import { useRefetchInterval } from "@/api/live";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { workflowTexts } from "@/texts";

type Schemas = components["schemas"];
export type Detail = Schemas["Detail"];
export type Status = Schemas["WorkflowStatus"];
export type Evidence = Schemas["Evidence"];

export const STATUSES: Status[] = [
  "pending_review",
  "approved",
  "queued",
  "running",
  "completed",
  "failed",
  "rejected",
  "expired",
  "cancelled",
  "blocked",
];
const FINISHED: Status[] = ["completed", "failed", "rejected", "expired", "cancelled", "blocked"];

/** Whether a workflow can still be stopped. */
export const canBeStopped = (status: Status) => !FINISHED.includes(status);

/** A workflow with everything about it; events have it fetched again while it goes on. */
export function useWorkflow(id: string) {
  const { api } = useSession();
  const interval = useRefetchInterval();
  return useQuery({
    queryKey: ["workflow", id],
    queryFn: async () =>
      unwrap(await api.GET("/api/workflows/{workflow_id}", { params: { path: { workflow_id: id } } })),
    refetchInterval: ({ state }) => (state.data && FINISHED.includes(state.data.status) ? false : interval),
  });
}

/** The steps of a version of a type, for who can't rehearse it. */
export function useDefinition(type: string, version: number, isWanted: boolean) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["types", type, "version", version],
    queryFn: async () =>
      unwrap(
        await api.GET("/api/workflow-types/{workflow_type}", {
          params: { path: { workflow_type: type }, query: { version } },
        }),
      ),
    staleTime: Infinity,
    enabled: isWanted,
  });
}

/** Has everything that shows this workflow fetched again. */
function useRefresh(id: string) {
  const queries = useQueryClient();
  return () =>
    Promise.all(
      [["workflow", id], ["workflows"], ["decided"], ["jobs"]].map((queryKey) => queries.invalidateQueries({ queryKey })),
    );
}

export function useCancel(id: string) {
  const { api } = useSession();
  const onSettled = useRefresh(id);
  return useMutation<unknown, Error, string>({
    mutationFn: async (reason) =>
      unwrap(
        await api.POST("/api/workflows/{workflow_id}/cancel", {
          params: { path: { workflow_id: id } },
          body: reason ? { reason } : {},
        }),
      ),
    meta: { inPlace: true, done: workflowTexts.acts.cancelled },
    onSettled,
  });
}

export function useVeto(id: string) {
  const { api } = useSession();
  const onSettled = useRefresh(id);
  return useMutation<unknown, Error, string>({
    mutationFn: async (reason) =>
      unwrap(
        await api.POST("/api/workflows/{workflow_id}/veto", { params: { path: { workflow_id: id } }, body: { reason } }),
      ),
    meta: { inPlace: true, done: workflowTexts.acts.vetoed },
    onSettled,
  });
}

export function useRetry(id: string) {
  const { api } = useSession();
  const onSettled = useRefresh(id);
  return useMutation({
    mutationFn: async (from: Schemas["RetryFrom"]) =>
      unwrap(
        await api.POST("/api/workflows/{workflow_id}/retry", { params: { path: { workflow_id: id } }, body: { from } }),
      ),
    meta: { inPlace: true },
    onSettled,
  });
}

/** Runs a workflow before its approval: shows the authenticator's code once more, as the API demands, and then does it. */
export function useBreakGlass(workflow: Detail) {
  const { api } = useSession();
  const onSettled = useRefresh(workflow.id);
  return useMutation({
    mutationFn: async ({ code, reason }: { code: string; reason: string }) => {
      unwrap(await api.POST("/api/auth/totp/verify", { body: { code } }));
      return unwrap(
        await api.POST("/api/workflows/{workflow_id}/break-glass", {
          params: { path: { workflow_id: workflow.id } },
          body: { reason, digest: workflow.digest },
        }),
      );
    },
    meta: { inPlace: true, done: workflowTexts.acts.glassDone },
    onSettled,
  });
}

/** Fetches the evidence of a workflow, as the text that it was answered as. */
export function useEvidenceText(id: string) {
  const { api } = useSession();
  return async () => {
    const answer = await api.GET("/api/workflows/{workflow_id}/evidence", {
      params: { path: { workflow_id: id } },
      // What is checked, and kept, is what was sent: no number is read and written again on the way.
      parseAs: "text",
    });
    return unwrap<string>({ ...answer, data: answer.data as string | undefined });
  };
}
