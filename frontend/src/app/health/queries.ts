import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { healthTexts } from "@/texts";

type Schemas = components["schemas"];
export type Status = Schemas["Status"];
export type Incident = Schemas["Incident"];

/** How often is asked, in milliseconds, and for how long an answer is waited for. */
const EVERY = 5000;
const PATIENCE = 4000;

/** How every part is and has been. An answer that does not come is no answer: what was known stays. */
export function useStatus() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["health", "status"],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET("/api/status", { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) })),
    refetchInterval: EVERY,
    retry: false,
  });
}

/** What load balancers are told, and with which code. A 503 is an answer, too: what it says is why. */
export function useWholeHealth() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["health", "whole"],
    queryFn: async ({ signal }) => {
      const answer = await api.GET("/health", { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) });
      const said: unknown = answer.data ?? answer.error;
      // The edge answers 503, too, when nobody stands behind it.
      if (!isWhole(said)) throw new ApiError(said, answer.response);
      return { code: answer.response.status, said };
    },
    refetchInterval: EVERY,
    retry: false,
  });
}

function isWhole(said: unknown): said is Schemas["WholeHealth"] {
  return typeof said === "object" && said !== null && "checks" in said && "latency_ms" in said;
}

/** All incidents, the newest first. */
export function useIncidents() {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: ["health", "incidents"],
    queryFn: async ({ pageParam: cursor }) =>
      unwrap(
        await api.GET("/api/status/incidents", { params: { query: { limit: 50, ...(cursor && { cursor }) } } }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: 15_000,
  });
}

/** Says something about an incident, or takes it back. */
export function useNote(id: string) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation<unknown, Error, string>({
    mutationFn: async (note) =>
      unwrap(
        await api.PUT("/api/admin/incidents/{incident_id}/note", { params: { path: { incident_id: id } }, body: { note } }),
      ),
    meta: { inPlace: true, done: healthTexts.noteSaved },
    onSettled: () => queries.invalidateQueries({ queryKey: ["health"] }),
  });
}
