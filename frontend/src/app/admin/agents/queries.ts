import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { adminTexts } from "@/texts";

type Schemas = components["schemas"];
export type Agent = Schemas["Agent"];
export type ApiKey = Schemas["ApiKey"];
export type Scope = Schemas["Scope"];

const text = adminTexts.agent;

export function useAgents() {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: ["agents", "list"],
    queryFn: async ({ pageParam: cursor }) =>
      unwrap(await api.GET("/api/admin/agents", { params: { query: { limit: 50, ...(cursor && { cursor }) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function useAgent(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["agents", id],
    queryFn: async () => unwrap(await api.GET("/api/admin/agents/{agent_id}", { params: { path: { agent_id: id } } })),
  });
}

export function useKeys(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["agents", id, "keys"],
    queryFn: async () =>
      unwrap(await api.GET("/api/admin/agents/{agent_id}/keys", { params: { path: { agent_id: id } } })).keys,
  });
}

/** Has what is shown of agents fetched again, names included. */
function useRenewal() {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ["agents"] });
    void queries.invalidateQueries({ queryKey: ["users", "names"] });
  };
}

export function useAddAgent() {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (body: Schemas["CreateAgent"]) => unwrap(await api.POST("/api/admin/agents", { body })),
    meta: { done: adminTexts.agents.created, inPlace: true },
    onSettled,
  });
}

export function useChangeAgent(id: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (body: Schemas["ChangeAgent"]) =>
      unwrap(await api.PATCH("/api/admin/agents/{agent_id}", { params: { path: { agent_id: id } }, body })),
    meta: { done: text.saved, inPlace: true },
    onSettled,
  });
}

export function useSetAgentState(id: string, state: Agent["state"]) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(await api.PATCH("/api/admin/agents/{agent_id}", { params: { path: { agent_id: id } }, body: { state } })),
    meta: { done: state === "active" ? text.reactivated : text.deactivated, inPlace: true },
    onSettled,
  });
}

export function useIssueKey(id: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (body: Schemas["IssueKey"]) =>
      unwrap(await api.POST("/api/admin/agents/{agent_id}/keys", { params: { path: { agent_id: id } }, body })),
    meta: { inPlace: true },
    onSettled,
  });
}

export function useRevokeKey(id: string, key: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  const path = { agent_id: id, key_id: key };
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(await api.DELETE("/api/admin/agents/{agent_id}/keys/{key_id}", { params: { path } })),
    meta: { done: text.revoked, inPlace: true },
    onSettled,
  });
}
