"use client";

import { type InfiniteData, type QueryClient, useQueryClient } from "@tanstack/react-query";
import {
  type ReactNode,
  createContext,
  useCallback,
  useContext,
  useEffect,
  useEffectEvent,
  useMemo,
  useState,
} from "react";
import { Feed, type FeedState, type WorkflowEvent } from "./feed";
import { useSession } from "./session";

type Live = FeedState & {
  /** Does not wait for the next attempt. */
  reconnect: () => void;
  /** Has somebody told of what happens; returns how that ends. */
  follow: (follower: Follower) => () => void;
};

type Follower = {
  /** Once for all that happened at about the same time. */
  onEvents?: (events: WorkflowEvent[]) => void;
  /** Something may have been missed. */
  onGap?: () => void;
};

const Context = createContext<Live>({ is: "connecting", reconnect: () => undefined, follow: () => () => undefined });

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

  const [followers] = useState(() => new Set<Follower>());

  useEffect(() => {
    let gathered: WorkflowEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      const events = gathered;
      gathered = [];
      timer = undefined;
      for (const id of new Set(events.map((event) => event.workflow_id)))
        void queries.invalidateQueries({ queryKey: ["workflow", id] });
      void queries.invalidateQueries({ queryKey: ["workflows"] });
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      for (const follower of followers) follower.onEvents?.(events);
    };
    feed.start({
      onEvent: (event) => {
        gathered.push(event);
        timer ??= setTimeout(flush, GATHER);
      },
      onGap: () => {
        for (const follower of followers) follower.onGap?.();
        keepFirstPages(queries);
        void queries.invalidateQueries();
      },
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
  }, [feed, queries, followers]);

  const follow = useCallback(
    (follower: Follower) => {
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    [followers],
  );
  const live = useMemo(() => ({ ...state, reconnect: () => feed.reconnect(), follow }), [state, feed, follow]);
  return <Context value={live}>{children}</Context>;
}

/** Of long lists only the first page stays: all that somebody has scrolled through would be fetched again at once. */
function keepFirstPages(queries: QueryClient) {
  queries.setQueriesData<InfiniteData<unknown>>({ predicate: ({ state }) => isPaged(state.data) }, (data) =>
    data ? { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) } : data,
  );
}

const isPaged = (data: unknown) => typeof data === "object" && data !== null && "pages" in data && "pageParams" in data;

/** Is told of what happens for as long as it is shown. */
export function useFollow({ onEvents, onGap }: Follower) {
  const { follow } = useContext(Context);
  const told = useEffectEvent((events: WorkflowEvent[]) => onEvents?.(events));
  const missed = useEffectEvent(() => onGap?.());
  useEffect(() => follow({ onEvents: (events) => told(events), onGap: () => missed() }), [follow]);
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
