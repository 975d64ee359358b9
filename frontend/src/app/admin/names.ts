import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import { useSession } from "@/api/session";

/** More than so many pages of people or agents are not fetched for their names; the rest is shown by id. */
const MAX_PAGES = 5;

export type Named = { id: string; name: string; kind: "user" | "agent"; href: string };

async function all<T>(page: (cursor: string | null) => Promise<{ items: T[]; next: string | null | undefined }>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  for (let count = 0; count < MAX_PAGES; count++) {
    const { items, next } = await page(cursor);
    found.push(...items);
    if (!next) break;
    cursor = next;
  }
  return found;
}

/** Everybody's names, by id: people and agents. */
export function useNames() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["users", "names"],
    queryFn: async () => {
      const people = all(async (cursor) => {
        const query = { limit: 200, ...(cursor && { cursor }) };
        const { users, next_cursor } = unwrap(await api.GET("/api/admin/users", { params: { query } }));
        return { items: users, next: next_cursor };
      });
      const agents = all(async (cursor) => {
        const query = { limit: 200, ...(cursor && { cursor }) };
        const { agents, next_cursor } = unwrap(await api.GET("/api/admin/agents", { params: { query } }));
        return { items: agents, next: next_cursor };
      });
      const names = new Map<string, Named>();
      for (const { id, name } of await people) names.set(id, { id, name, kind: "user", href: `/admin/users/${id}` });
      for (const { id, name } of await agents) names.set(id, { id, name, kind: "agent", href: `/admin/agents/${id}` });
      return names;
    },
    staleTime: 60_000,
  });
}
