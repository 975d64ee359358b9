import { useQueries } from "@tanstack/react-query";
import { useCouncils, useHealth } from "../queries";
import { unwrap } from "@/api/error";
import { useIsAdmin, useSession } from "@/api/session";
import { councilTexts } from "@/texts";

/**
 * Names people by id, as far as councils tell: who sits in any, and who could vote in this one. Whom they don't tell of, only
 * admins can ask for.
 */
export function useNames(council: string, wanted: string[]): (id: string) => string {
  const { api, user } = useSession();
  const isAdmin = useIsAdmin();
  const councils = useCouncils();
  const health = useHealth(council, 90);
  const names = new Map<string, string>(user ? [[user.id, user.name]] : []);
  for (const { user_id, name } of health.data?.operators ?? []) names.set(user_id, name);
  for (const { user_id, name } of (councils.data ?? []).flatMap(({ seats }) => seats)) names.set(user_id, name);
  const isKnowing = !councils.isPending && !health.isPending;
  const unknown = isAdmin && isKnowing ? [...new Set(wanted)].filter((id) => !names.has(id)) : [];
  const found = useQueries({
    queries: unknown.map((id) => ({
      queryKey: ["users", id, "name"],
      queryFn: async () => unwrap(await api.GET("/api/admin/users/{user_id}", { params: { path: { user_id: id } } })).name,
      staleTime: 60_000,
    })),
  });
  unknown.forEach((id, at) => {
    const name = found[at]?.data;
    if (name) names.set(id, name);
  });
  return (id) => names.get(id) ?? `${councilTexts.people.somebody} (${id.slice(-6)})`;
}
