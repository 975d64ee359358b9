"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";

type Filters<Name extends string> = {
  /** What is chosen; null where nothing is. */
  chosen: Record<Name, string | null>;
  /** Chooses anew; null takes a filter away. */
  choose: (change: Partial<Record<Name, string | null>>) => void;
  isAny: boolean;
};

/** The filters of a list. They live in the address, so that a link to the page shows the same. */
export function useFilters<Name extends string>(...names: Name[]): Filters<Name> {
  const path = usePathname();
  const query = useSearchParams();
  const key = names.join(" ");
  const chosen = useMemo(
    () => Object.fromEntries(key.split(" ").map((name) => [name, query.get(name) || null])) as Record<Name, string | null>,
    [key, query],
  );
  const choose = useCallback(
    (change: Partial<Record<Name, string | null>>) => {
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries<string | null | undefined>(change)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      // The router would ask the server for the page at each letter that is typed.
      window.history.replaceState(null, "", next.size > 0 ? `${path}?${next}` : path);
    },
    [path],
  );
  return { chosen, choose, isAny: names.some((name) => chosen[name] !== null) };
}
