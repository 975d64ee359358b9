import { useQuery } from "@tanstack/react-query";
import { unwrap, unwrapTagged } from "@/api/error";
import { useRefetchInterval } from "@/api/live";
import type { components } from "@/api/schema";
import { useIsAdmin, useSession } from "@/api/session";

type Schemas = components["schemas"];
export type Council = Schemas["Council"];
export type Policy = Schemas["Policy"];
export type Seat = Schemas["Seat"];
/** A council, with the tag that a change of it is sent with. */
export type Tagged = { value: Council; etag: string };

/** How many open proposals are asked for: what is beyond is said to be more. */
const PENDING = 100;
/** Where a workflow can be while a review of it is open: before its run, or in the middle, where a step asks. */
const OPEN: Schemas["WorkflowStatus"][] = ["pending_review", "running"];

export function useCouncils() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils"],
    queryFn: async () => unwrap(await api.GET("/api/councils")).councils,
  });
}

export function useCouncil(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", id],
    queryFn: async (): Promise<Tagged> =>
      unwrapTagged(await api.GET("/api/councils/{council_id}", { params: { path: { council_id: id } } })),
  });
}

/**
 * The proposals on which a council has a review open; `isAll` when there are no more than these. More than `limit` are not
 * asked for.
 */
export function usePending(council: string, { limit = PENDING, enabled = true } = {}) {
  const { api } = useSession();
  const interval = useRefetchInterval();
  return useQuery({
    queryKey: ["workflows", "pending", council, limit],
    queryFn: async () => {
      const query = { council_id: council, status: OPEN.join(","), limit };
      const page = unwrap(await api.GET("/api/workflows", { params: { query } }));
      const workflows = page.workflows.filter(({ reviews }) => reviews.some(isOpenIn(council)));
      return { workflows, isAll: !page.next_cursor };
    },
    refetchInterval: interval,
    enabled,
  });
}

/** Whether a review is this council's, and open. */
export const isOpenIn = (council: string) => (review: Schemas["ReviewView"]) =>
  review.council_id === council && review.outcome === "open";

export function useVersions(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", id, "versions"],
    queryFn: async () =>
      unwrap(await api.GET("/api/councils/{council_id}/policy/versions", { params: { path: { council_id: id } } }))
        .versions,
  });
}

/** How two versions of a policy differ. */
export function useDiff(id: string, from: number, to: number) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", id, "diff", from, to],
    queryFn: async () =>
      unwrap(
        await api.GET("/api/councils/{council_id}/policy/diff", {
          params: { path: { council_id: id }, query: { from, to } },
        }),
      ).changes,
    staleTime: Infinity,
  });
}

export function useHealth(id: string, days: number) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", id, "health", days],
    queryFn: async () =>
      unwrap(
        await api.GET("/api/councils/{council_id}/health", { params: { path: { council_id: id }, query: { days } } }),
      ),
  });
}

export function useMandates(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", id, "mandates"],
    queryFn: async () =>
      unwrap(await api.GET("/api/councils/{council_id}/mandates", { params: { path: { council_id: id } } })).mandates,
  });
}

export function useDelegations(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", id, "delegations"],
    queryFn: async () =>
      unwrap(await api.GET("/api/councils/{council_id}/delegations", { params: { path: { council_id: id } } }))
        .delegations,
  });
}

/** Finds people by name or e-mail address; only admins may. */
export function usePeople(search: string) {
  const { api } = useSession();
  const isAdmin = useIsAdmin();
  return useQuery({
    queryKey: ["users", "search", search],
    queryFn: async () =>
      unwrap(await api.GET("/api/admin/users", { params: { query: { search, limit: 20 } } })).users.filter(
        ({ role, state }) => role !== "viewer" && state === "active",
      ),
    enabled: isAdmin && search.trim().length >= 2,
  });
}
