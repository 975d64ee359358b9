import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ApiError, unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { useFilters } from "@/components/filters";

export type Row = components["schemas"]["Row"];

const NAMES = ["actor_id", "action", "resource_kind", "resource_id", "from", "to"] as const;
export type FilterName = (typeof NAMES)[number];
export type Filters = Record<FilterName, string | null>;

/** The filters of the record, in the address. */
export function useAuditFilters() {
  const filters = useFilters<FilterName>(...NAMES);
  const clear = () => filters.choose(Object.fromEntries(NAMES.map((name) => [name, null])));
  return { ...filters, clear };
}

/** Only what is chosen. */
export function chosenOf(filters: Partial<Filters>): Partial<Record<FilterName, string>> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
}

export function useAuditLog(filters: Filters) {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: ["audit", "list", filters],
    queryFn: async ({ pageParam: cursor }) => {
      const query = { limit: 100, ...chosenOf(filters), ...(cursor && { cursor }) };
      return unwrap(await api.GET("/api/admin/audit-logs", { params: { query } }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export type Format = "jsonl" | "csv";

/** Begins to fetch an export, as a stream: it may be larger than what a page should hold. */
export function useExport() {
  const { apiUrl, token, renew } = useSession();
  return async (filters: Partial<Filters>, format: Format, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    const query = new URLSearchParams({ format, ...chosenOf(filters) });
    const ask = () =>
      fetch(`${apiUrl}/api/admin/audit-logs/export?${query}`, {
        credentials: "include",
        headers: { authorization: `Bearer ${token() ?? ""}` },
        ...(signal && { signal }),
      });
    let answer = await ask();
    if (answer.status === 401 && (await renew()) === "renewed") answer = await ask();
    if (!answer.ok || !answer.body) throw new ApiError(await answer.json().catch(() => null), answer);
    return answer.body;
  };
}
