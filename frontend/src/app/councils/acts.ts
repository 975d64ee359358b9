import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Policy, Seat } from "./queries";
import { unwrap, unwrapTagged } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { councilTexts } from "@/texts";

type Schemas = components["schemas"];
const inPlace = true;

/** Has everything about councils fetched again. */
function useRefresh() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["councils"] });
}

export function useFound() {
  const { api } = useSession();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ body, key }: { body: Schemas["CreateCouncil"]; key: string }) =>
      unwrap(await api.POST("/api/admin/councils", { body, headers: { "Idempotency-Key": key } })),
    meta: { done: councilTexts.new.founded, inPlace },
    onSettled: refresh,
  });
}

export function useEdit(id: string) {
  const { api } = useSession();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ body, etag }: { body: Schemas["EditCouncil"]; etag: string }) =>
      unwrap(
        await api.PATCH("/api/admin/councils/{council_id}", {
          params: { path: { council_id: id }, header: { "If-Match": etag } },
          body,
        }),
      ),
    meta: { done: councilTexts.edit.saved, inPlace },
    onSuccess: refresh,
  });
}

export function useSavePolicy(id: string) {
  const { api } = useSession();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ policy, etag }: { policy: Policy; etag: string }) =>
      unwrap(
        await api.PUT("/api/admin/councils/{council_id}/policy", {
          params: { path: { council_id: id }, header: { "If-Match": etag } },
          body: { policy },
        }),
      ),
    meta: { done: councilTexts.editor.saved, inPlace },
    onSuccess: refresh,
  });
}

/** Fetches a council as it is now, for who was told that it has changed. */
export function useReload(id: string) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () =>
      unwrapTagged(await api.GET("/api/councils/{council_id}", { params: { path: { council_id: id } } })),
    onSuccess: (tagged) => queries.setQueryData(["councils", id], tagged),
  });
}

export function useSimulate(id: string) {
  const { api } = useSession();
  return useMutation({
    mutationFn: async (body: { policy: Policy; days: number }) =>
      unwrap(
        await api.POST("/api/councils/{council_id}/policy/simulate", { params: { path: { council_id: id } }, body }),
      ),
    meta: { inPlace },
  });
}

export function useRetire(id: string, etag: string) {
  const { api } = useSession();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: Schemas["RetireCouncil"]) =>
      unwrap(
        await api.POST("/api/admin/councils/{council_id}/retire", {
          params: { path: { council_id: id }, header: { "If-Match": etag } },
          body,
        }),
      ),
    meta: { done: councilTexts.retire.done, inPlace },
    onSuccess: refresh,
  });
}

export function useSeat(id: string) {
  const { api } = useSession();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ userId, seat }: { userId: string; seat: Seat }) =>
      unwrap(
        await api.PUT("/api/admin/councils/{council_id}/seats/{user_id}", {
          params: { path: { council_id: id, user_id: userId } },
          body: { seat },
        }),
      ),
    meta: { done: councilTexts.people.given, inPlace },
    onSettled: refresh,
  });
}

export function useUnseat(id: string, userId: string) {
  const { api } = useSession();
  const refresh = useRefresh();
  // Asked by a dialog that could hand over words, of which none are wanted here.
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(
        await api.DELETE("/api/admin/councils/{council_id}/seats/{user_id}", {
          params: { path: { council_id: id, user_id: userId } },
        }),
      ),
    meta: { done: councilTexts.people.removed, inPlace },
    onSettled: refresh,
  });
}

export function useDelegate(id: string) {
  const { api } = useSession();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: Schemas["StandIn"]) =>
      unwrap(await api.POST("/api/councils/{council_id}/delegations", { params: { path: { council_id: id } }, body })),
    meta: { done: councilTexts.people.arranged, inPlace },
    onSettled: refresh,
  });
}

export function useEndDelegation(id: string, delegationId: string) {
  const { api } = useSession();
  const refresh = useRefresh();
  // Asked by a dialog that could hand over words, of which none are wanted here.
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(
        await api.DELETE("/api/councils/{council_id}/delegations/{delegation_id}", {
          params: { path: { council_id: id, delegation_id: delegationId } },
        }),
      ),
    meta: { done: councilTexts.people.ended, inPlace },
    onSettled: refresh,
  });
}

export function useRevoke(mandateId: string) {
  const { api } = useSession();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (reason: string) =>
      unwrap(
        await api.POST("/api/mandates/{mandate_id}/revoke", {
          params: { path: { mandate_id: mandateId } },
          body: { reason },
        }),
      ),
    meta: { done: councilTexts.mandates.revoked, inPlace },
    onSettled: refresh,
  });
}
