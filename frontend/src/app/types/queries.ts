import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap, unwrapTagged } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { typeTexts } from "@/texts";

type Schemas = components["schemas"];
export type WorkflowType = Schemas["WorkflowType"];
export type Step = Schemas["Step"];
export type Edition = Schemas["Edition"];
export type Limits = Schemas["Limits"];

const PAGE = 200;

/** Every workflow type in its current version, by name: they are few enough to be searched here. */
export function useTypes() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["types", "all"],
    queryFn: async () => {
      const found: WorkflowType[] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor && { cursor }) };
        const page: Schemas["WorkflowTypes"] = unwrap(await api.GET("/api/workflow-types", { params: { query } }));
        found.push(...page.workflow_types);
        cursor = page.next_cursor ?? null;
      }
      return found.toSorted((a, b) => a.name.localeCompare(b.name));
    },
    staleTime: 30_000,
  });
}

/**
 * A type in one version, the current one when none is named, with the tag that its next version is sent with; asked for anew,
 * whatever is known, where it is begun to be written.
 */
export function useType(id: string, version?: number, isAnew = false) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["types", id, version ?? "current"],
    queryFn: async () =>
      unwrapTagged(
        await api.GET("/api/workflow-types/{workflow_type}", {
          params: { path: { workflow_type: id }, query: version ? { version } : {} },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchOnMount: isAnew ? "always" : true,
    enabled: id !== "",
  });
}

/** How each version came to be, the newest first. */
export function useEditions(id: string) {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: ["types", id, "versions"],
    queryFn: async ({ pageParam: cursor }) =>
      unwrap(
        await api.GET("/api/workflow-types/{workflow_type}/versions", {
          params: { path: { workflow_type: id }, query: { limit: 20, ...(cursor && { cursor }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** How urgent its workflows are, and how many run at a time; for admins. */
export function useLimits(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["types", id, "limits"],
    queryFn: async () =>
      unwrap(
        await api.GET("/api/admin/workflow-types/{workflow_type}/limits", { params: { path: { workflow_type: id } } }),
      ),
  });
}

export function useChangeLimits(id: string) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (limits: Limits) =>
      unwrap(
        await api.PUT("/api/admin/workflow-types/{workflow_type}/limits", {
          params: { path: { workflow_type: id } },
          body: limits,
        }),
      ),
    meta: { inPlace: true, done: typeTexts.limits.saved },
    onSettled: () => queries.invalidateQueries({ queryKey: ["types", id, "limits"] }),
  });
}

export type Rehearsed = { id: string; version?: number; inputs: Record<string, unknown> };

/** What each step would do with these inputs, by the code that a run does it with; asked for when they fit. */
export function useDryRun({ id, version, inputs }: Rehearsed, isWanted: boolean) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["rehearsal", id, version ?? "current", inputs],
    queryFn: async () =>
      unwrap(
        await api.POST("/api/workflow-types/{workflow_type}/dry-run", {
          params: { path: { workflow_type: id } },
          body: { inputs: inputs as Record<string, never>, ...(version && { version }) },
        }),
      ),
    placeholderData: keepPreviousData,
    enabled: isWanted,
  });
}
