import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Filter } from "./filter";
import { unwrap } from "@/api/error";
import { useRefetchInterval } from "@/api/live";
import type { components } from "@/api/schema";
import { useIsAdmin, useSession } from "@/api/session";

type Schemas = components["schemas"];
export type DeadLetter = Schemas["DeadLetter"];
export type RetryFrom = Schemas["RetryFrom"];
export type Outcome = Schemas["BulkOutcome"];
export type Retried = Schemas["BulkRetried"];

/** How many are retried at once. */
export const AT_ONCE = 100;

/** What the API takes in an address, from what it takes in a body: there, what is not said is left out. */
type Query<T> = { [Name in keyof T]?: NonNullable<T[Name]> };
const queryOf = (filter: Filter) => filter as Query<Filter>;

export function useDeadLetters(filter: Filter) {
  const { api } = useSession();
  const isAdmin = useIsAdmin();
  const refetchInterval = useRefetchInterval();
  return useInfiniteQuery({
    queryKey: ["jobs", "dead-letters", "list", filter],
    queryFn: async ({ pageParam: cursor }) =>
      unwrap(
        await api.GET("/api/admin/dead-letters", {
          params: { query: { limit: 100, ...queryOf(filter), ...(cursor && { cursor }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval,
    enabled: isAdmin,
  });
}

/** How many match, by type and by error. */
export function useCounts(filter: Filter) {
  const { api } = useSession();
  const isAdmin = useIsAdmin();
  const refetchInterval = useRefetchInterval();
  return useQuery({
    queryKey: ["jobs", "dead-letters", "counts", filter],
    queryFn: async () =>
      unwrap(await api.GET("/api/admin/dead-letters/counts", { params: { query: queryOf(filter) } })),
    placeholderData: keepPreviousData,
    refetchInterval,
    enabled: isAdmin,
  });
}

/** Retries what a filter names, or foresees what would become of each. */
export function useRetryAll(filter: Filter) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ from, isDry }: { from: RetryFrom; isDry: boolean }) =>
      unwrap(
        await api.POST("/api/admin/dead-letters/retry", { body: { filter, from, dry_run: isDry, limit: AT_ONCE } }),
      ),
    meta: { inPlace: true },
    onSettled: async (_done, _error, { isDry }) => {
      if (isDry) return;
      await Promise.all([["jobs"], ["workflows"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
}
