import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { etagOf } from "./etag";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { adminTexts } from "@/texts";

export type Secret = components["schemas"]["Secret"];

const KEY = ["secrets"];

export function useSecrets() {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: KEY,
    queryFn: async ({ pageParam: cursor }) =>
      unwrap(await api.GET("/api/admin/secrets", { params: { query: { limit: 50, ...(cursor && { cursor }) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

type Setting = { name: string; value: string; description: string; before: Secret | null };

/** Sets a secret; one that is replaced, only if it is still the one that was seen. */
export function useSetSecret() {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ name, value, description, before }: Setting) =>
      unwrap(
        await api.PUT("/api/admin/secrets/{name}", {
          params: { path: { name }, ...(before && { header: { "If-Match": etagOf(before) } }) },
          body: { value, description },
        }),
      ),
    meta: { done: adminTexts.secrets.saved, inPlace: true },
    onSettled: () => void queries.invalidateQueries({ queryKey: KEY }),
  });
}

export function useRemoveSecret(name: string) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation<unknown, Error, string>({
    mutationFn: async () => unwrap(await api.DELETE("/api/admin/secrets/{name}", { params: { path: { name } } })),
    meta: { done: adminTexts.secrets.removed, inPlace: true },
    onSettled: () => void queries.invalidateQueries({ queryKey: KEY }),
  });
}
