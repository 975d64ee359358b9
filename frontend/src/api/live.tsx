"use client";

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, createContext, useContext, useEffect, useMemo, useState } from "react";
import { Feed, type FeedState } from "./feed";
import { useSession } from "./session";

type Live = FeedState & {
  /** Does not wait for the next attempt. */
  reconnect: () => void;
};

const Context = createContext<Live>({ is: "connecting", reconnect: () => undefined });

/** For so long, in milliseconds, events are gathered: many that come at once cause one fetch of what they changed. */
const GATHER = 250;

/**
 * Follows the events of all workflows, and has what they change fetched again: whatever is shown of the workflow, and every
 * list of workflows. After a gap that can't be filled, everything is.
 */
export function LiveProvider({ children }: { children: ReactNode }) {
  const { apiUrl, token, renew } = useSession();
  const queries = useQueryClient();
  const [state, setState] = useState<FeedState>({ is: "connecting" });

  const feed = useMemo(
    () => new Feed({ url: `${apiUrl}/api/events`, token, renew, onState: setState }),
    [apiUrl, token, renew],
  );

  useEffect(() => {
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      for (const id of changed) void queries.invalidateQueries({ queryKey: ["workflow", id] });
      changed.clear();
      void queries.invalidateQueries({ queryKey: ["workflows"] });
      void queries.invalidateQueries({ queryKey: ["jobs"] });
    };
    feed.start({
      onEvent: ({ workflow_id }) => {
        changed.add(workflow_id);
        timer ??= setTimeout(flush, GATHER);
      },
      onGap: () => void queries.invalidateQueries(),
    });
    const reconnect = () => feed.reconnect();
    const lose = () => feed.lose();
    window.addEventListener("online", reconnect);
    window.addEventListener("offline", lose);
    return () => {
      window.removeEventListener("online", reconnect);
      window.removeEventListener("offline", lose);
      clearTimeout(timer);
      feed.stop();
    };
  }, [feed, queries]);

  const live = useMemo(() => ({ ...state, reconnect: () => feed.reconnect() }), [state, feed]);
  return <Context value={live}>{children}</Context>;
}

/** Whether what happens is followed. */
export function useLive(): Live {
  return useContext(Context);
}

/**
 * How often to ask again for what events tell of, in milliseconds: seldom while they come, since they may tell too little (a
 * deadline that passes is no event), and often while they don't.
 */
export function useRefetchInterval(): number {
  return useLive().is === "live" ? 30_000 : 5000;
}
