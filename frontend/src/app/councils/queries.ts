import { useQuery } from "@tanstack/react-query";
import { ApiError, unwrap, unwrapTagged } from "@/api/error";
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

/** The proposals that wait for a council, or for any; `isAll` when there are no more than these. */
export function usePending(council?: string) {
  const { api } = useSession();
  const interval = useRefetchInterval();
  return useQuery({
    queryKey: ["workflows", "pending", council ?? "all"],
    queryFn: async () => {
      const status: Schemas["WorkflowStatus"] = "pending_review";
      const all = { status, limit: PENDING };
      const ask = async (query: typeof all & { council_id?: string }) =>
        unwrap(await api.GET("/api/workflows", { params: { query } }));
      // An older API does not know how to ask for one council's: then its own are found among all.
      const page = await ask(council ? { ...all, council_id: council } : all).catch((error: unknown) => {
        if (council && error instanceof ApiError && error.status === 400) return ask(all);
        throw error;
      });
      const waits = page.workflows.filter(
        ({ reviews }) =>
          !council || reviews.some(({ council_id, outcome }) => council_id === council && outcome === "open"),
      );
      return { workflows: waits, isAll: !page.next_cursor };
    },
    refetchInterval: interval,
  });
}

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
