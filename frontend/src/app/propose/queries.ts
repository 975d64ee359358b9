import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import type { WorkflowType } from "../types/queries";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";

type Schemas = components["schemas"];
export type Council = Schemas["Council"];
export type Foreseen = Schemas["Foreseen"];

/** The councils that answer for a domain; the default council where none does. */
export function useResponsible(domain: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", "of-domain", domain],
    queryFn: async () => {
      const query = { domain, state: "active" as const };
      const { councils } = unwrap(await api.GET("/api/councils", { params: { query } }));
      if (councils.length > 0) return councils;
      const all = unwrap(await api.GET("/api/councils")).councils;
      return all.filter(({ is_default }) => is_default);
    },
    staleTime: 30_000,
  });
}

/** An earlier workflow, to begin with what it was proposed with. */
export function useEarlier(id: string | null) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["workflow", id],
    queryFn: async () =>
      unwrap(await api.GET("/api/workflows/{workflow_id}", { params: { path: { workflow_id: id ?? "" } } })),
    enabled: id !== null,
  });
}

export type Draft = {
  type: WorkflowType;
  /** Null while they don't fit: what mandates say depends on them. */
  inputs: Record<string, unknown> | null;
  weeklySavings: string | null;
};

/** What would become of a proposal. Any council can be asked: its answer has what all responsible ones say. */
export function useForeseen({ type, inputs, weeklySavings }: Draft, council: string | undefined) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", "foreseen", council, type.id, type.version, inputs, weeklySavings],
    queryFn: async () =>
      unwrap(
        await api.POST("/api/councils/{council_id}/check-action", {
          params: { path: { council_id: council ?? "" } },
          body: {
            workflow_type: type.id,
            version: type.version,
            ...(inputs && { inputs: inputs as Record<string, never> }),
            ...(weeklySavings && { weekly_savings: weeklySavings }),
          },
        }),
      ).overall,
    placeholderData: keepPreviousData,
    enabled: council !== undefined,
  });
}

export type Proposal = Schemas["Propose"];

/** Proposes. The same proposal sent again, after an answer that was lost, is made once. */
export function usePropose() {
  const { api } = useSession();
  const queries = useQueryClient();
  const last = useRef({ sent: "", key: "" });
  return useMutation({
    mutationFn: async (proposal: Proposal) => {
      const sent = JSON.stringify(proposal);
      if (last.current.sent !== sent) last.current = { sent, key: crypto.randomUUID() };
      return unwrap(
        await api.POST("/api/workflows", {
          params: { header: { "Idempotency-Key": last.current.key } },
          body: proposal,
        }),
      );
    },
    meta: { inPlace: true },
    onSettled: () => queries.invalidateQueries({ queryKey: ["workflows"] }),
  });
}
