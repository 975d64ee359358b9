import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import { useSession } from "@/api/session";
import { accountTexts } from "@/texts";

const FACTOR = ["account", "factor"];
const SESSIONS = ["account", "sessions"];

/** Whether one's logins ask for a second factor. */
export function useFactor() {
  const { api } = useSession();
  return useQuery({ queryKey: FACTOR, queryFn: async () => unwrap(await api.GET("/api/auth/totp")) });
}

/** One's own sessions, and which of them this is. */
export function useOwnSessions() {
  const { api } = useSession();
  return useQuery({
    queryKey: SESSIONS,
    queryFn: async () => {
      const [all, me] = await Promise.all([api.GET("/api/auth/sessions"), api.GET("/api/auth/me")]);
      return { sessions: unwrap(all).sessions, current: unwrap(me).session.id };
    },
    refetchInterval: 60_000,
  });
}

export function useEndOwnSession() {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) =>
      unwrap(await api.DELETE("/api/auth/sessions/{session_id}", { params: { path: { session_id: id } } })),
    meta: { done: accountTexts.ended },
    onSettled: () => void queries.invalidateQueries({ queryKey: SESSIONS }),
  });
}

export function useEndOtherSessions() {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => unwrap(await api.DELETE("/api/auth/sessions")),
    meta: { done: accountTexts.othersEnded },
    onSettled: () => void queries.invalidateQueries({ queryKey: SESSIONS }),
  });
}

export function useChangeName() {
  const { api, renew } = useSession();
  return useMutation({
    mutationFn: async (name: string) => unwrap(await api.PATCH("/api/auth/me", { body: { name } })),
    meta: { done: accountTexts.nameSaved, inPlace: true },
    // The name in the frame is the one of the token.
    onSuccess: () => renew(),
  });
}

export function useChangePassword() {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: { current_password: string; new_password: string }) =>
      unwrap(await api.POST("/api/auth/password", { body })),
    meta: { done: accountTexts.passwordChanged, inPlace: true },
    onSuccess: () => void queries.invalidateQueries({ queryKey: SESSIONS }),
  });
}

/** Begins to set up an authenticator. */
export function useBeginFactor() {
  const { api } = useSession();
  return useMutation({
    mutationFn: async (password: string) => unwrap(await api.POST("/api/auth/totp", { body: { password } })),
    meta: { inPlace: true },
  });
}

/** Has logins ask for the authenticator from now on; answers with recovery codes. */
export function useConfirmFactor() {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (code: string) => unwrap(await api.POST("/api/auth/totp/confirm", { body: { code } })),
    meta: { done: accountTexts.factorEnabled, inPlace: true },
    onSettled: () => void queries.invalidateQueries({ queryKey: FACTOR }),
  });
}

type BothFactors = { password: string; code: string };

export function useNewCodes() {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: BothFactors) => unwrap(await api.POST("/api/auth/totp/recovery-codes", { body })),
    meta: { inPlace: true },
    onSettled: () => void queries.invalidateQueries({ queryKey: FACTOR }),
  });
}

export function useDisableFactor() {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: BothFactors) => unwrap(await api.POST("/api/auth/totp/disable", { body })),
    meta: { done: accountTexts.factorDisabled, inPlace: true },
    onSettled: () => void queries.invalidateQueries({ queryKey: FACTOR }),
  });
}
