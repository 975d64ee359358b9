import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { adminTexts } from "@/texts";

type Schemas = components["schemas"];
export type User = Schemas["User"];
export type Role = Schemas["Role"];
export type UserState = Schemas["UserState"];

export const ROLES: Role[] = ["admin", "council_operator", "viewer"];
export const STATES: UserState[] = ["invited", "active", "deactivated", "erased"];

const text = adminTexts.user;

export function useUsers(filters: { search: string | null; role: Role | null; state: UserState | null }) {
  const { api } = useSession();
  const { search, role, state } = filters;
  return useInfiniteQuery({
    queryKey: ["users", "list", filters],
    queryFn: async ({ pageParam: cursor }) => {
      const query = { limit: 50, ...(search && { search }), ...(role && { role }), ...(state && { state }) };
      return unwrap(await api.GET("/api/admin/users", { params: { query: { ...query, ...(cursor && { cursor }) } } }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function usePerson(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["users", id],
    queryFn: async () => unwrap(await api.GET("/api/admin/users/{user_id}", { params: { path: { user_id: id } } })),
  });
}

export function useSessionsOf(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["users", id, "sessions"],
    queryFn: async () =>
      unwrap(await api.GET("/api/admin/users/{user_id}/sessions", { params: { path: { user_id: id } } })).sessions,
    refetchInterval: 30_000,
  });
}

/** The seats of a person in all councils. */
export function useSeatsOf(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", "seats-of", id],
    queryFn: async () => {
      const { councils } = unwrap(await api.GET("/api/councils"));
      return councils.flatMap(({ id: council, name, seats }) =>
        seats.filter(({ user_id }) => user_id === id).map(({ seat }) => ({ council, name, seat })),
      );
    },
  });
}

/** Has what is shown of people fetched again. */
function useRenewal() {
  const queries = useQueryClient();
  // Not waited for: a window over the page closes as soon as the act is done.
  return () => void queries.invalidateQueries({ queryKey: ["users"] });
}

export function useInvite() {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (body: Schemas["InviteUser"]) => unwrap(await api.POST("/api/admin/users/invite", { body })),
    meta: { done: adminTexts.users.invited, inPlace: true },
    onSettled,
  });
}

export function useAdd() {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (body: Schemas["CreateUser"]) => unwrap(await api.POST("/api/admin/users", { body })),
    meta: { done: adminTexts.users.created, inPlace: true },
    onSettled,
  });
}

export function useChange(id: string, done: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (body: Schemas["ChangeUser"]) =>
      unwrap(await api.PATCH("/api/admin/users/{user_id}", { params: { path: { user_id: id } }, body })),
    meta: { done, inPlace: true },
    onSettled,
  });
}

/** Lets somebody in again, or no longer. */
export function useSetState(id: string, state: UserState) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(await api.PATCH("/api/admin/users/{user_id}", { params: { path: { user_id: id } }, body: { state } })),
    meta: { done: state === "active" ? text.reactivated : text.deactivated, inPlace: true },
    onSettled,
  });
}

export function useResend(id: string) {
  const { api } = useSession();
  return useMutation({
    mutationFn: async () =>
      unwrap(await api.POST("/api/admin/users/{user_id}/invitation", { params: { path: { user_id: id } } })),
    meta: { done: text.resent },
  });
}

export function useErase(id: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(await api.DELETE("/api/admin/users/{user_id}", { params: { path: { user_id: id } } })),
    meta: { done: text.erased, inPlace: true },
    onSettled,
  });
}

export function useTakeFactor(id: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(await api.DELETE("/api/admin/users/{user_id}/totp", { params: { path: { user_id: id } } })),
    meta: { done: text.factorTaken, inPlace: true },
    onSettled,
  });
}

export function useEndAll(id: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(await api.DELETE("/api/admin/users/{user_id}/sessions", { params: { path: { user_id: id } } })),
    meta: { done: text.endedAll, inPlace: true },
    onSettled,
  });
}

export function useEndSession() {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (id: string) =>
      unwrap(await api.DELETE("/api/admin/sessions/{session_id}", { params: { path: { session_id: id } } })),
    meta: { done: text.ended },
    onSettled,
  });
}
