import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";

export type Status = components["schemas"]["WorkflowStatus"];

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
];
const FINISHED: Status[] = ["completed", "failed", "rejected", "expired", "cancelled"];

export function useWorkflows(status: Status | null) {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: ["workflows", status],
    queryFn: async ({ pageParam: cursor }) =>
      unwrap(
        await api.GET("/api/workflows", {
          params: { query: { limit: 50, ...(status && { status }), ...(cursor && { cursor }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
  });
}

/** A workflow with everything about it, watched until it has ended. */
export function useWorkflow(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["workflow", id],
    queryFn: async () =>
      unwrap(await api.GET("/api/workflows/{workflow_id}", { params: { path: { workflow_id: id } } })),
    refetchInterval: ({ state }) => (state.data && FINISHED.includes(state.data.status) ? false : 1500),
  });
}

/** Fetches the evidence of a workflow and hands it over as a file. */
export function useEvidence(id: string) {
  const { api } = useSession();
  return async () => {
    const path = { workflow_id: id };
    const evidence = unwrap(await api.GET("/api/workflows/{workflow_id}/evidence", { params: { path } }));
    const url = URL.createObjectURL(new Blob([JSON.stringify(evidence, null, 2)], { type: "application/json" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: `evidence-${id}.json` });
    link.click();
    URL.revokeObjectURL(url);
  };
}
