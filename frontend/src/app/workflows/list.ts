import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Status } from "./queries";
import type { Summary } from "../queries";
import { unwrap } from "@/api/error";
import { useFollow, useRefetchInterval } from "@/api/live";
import { useSession } from "@/api/session";

export type Wanted = {
  statuses: Status[];
  type: string | null;
  council: string | null;
  /** `me`, or the id of a person or agent. */
  by: string | null;
};

const PAGE = 100;
/** The newest are fetched whenever something happens; of older ones that are shown, the event says where they stand. */
const NEWEST = 50;

/**
 * The workflows that match, the newest first, page by page. What events tell of changes the rows that are there and adds the
 * new ones, without all pages being fetched again.
 */
export function useWorkflowList(wanted: Wanted) {
  const { api, user } = useSession();
  const { statuses, type, council, by } = wanted;
  const proposer = by === "me" ? user?.id : by;
  const filter = {
    ...(statuses.length > 0 && { status: statuses.join(",") }),
    ...(type && { workflow_type: type }),
    ...(council && { council_id: council }),
    ...(proposer && { proposed_by: proposer }),
  };
  const pages = useInfiniteQuery({
    queryKey: ["workflow-pages", filter],
    queryFn: async ({ pageParam: cursor }) =>
      unwrap(
        await api.GET("/api/workflows", { params: { query: { ...filter, limit: PAGE, ...(cursor && { cursor }) } } }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const changed = useChanged();
  const stands = useStatuses();
  const rows = useMemo(() => {
    const known = new Map<string, Summary>();
    for (const page of pages.data?.pages ?? []) for (const one of page.workflows) known.set(one.id, one);
    for (const one of changed) known.set(one.id, one);
    // Ids are UUIDs of version 7: the newest is the greatest.
    return [...known.values()]
      .map((one) => ({ ...one, status: stands.get(one.id) ?? one.status }))
      .filter((one) => matches(one, wanted, proposer))
      .sort((a, b) => (a.id < b.id ? 1 : -1));
  }, [pages.data, changed, stands, wanted, proposer]);
  return { pages, rows, isSearching: rows.length === 0 && pages.isPending };
}

/** The workflows that were among the newest or that this page has seen change, as they are now. */
function useChanged(): Summary[] {
  const { api } = useSession();
  const queries = useQueryClient();
  const refetchInterval = useRefetchInterval();
  const [known, setKnown] = useState<Map<string, Summary>>(new Map());
  const newest = useQuery({
    // Events invalidate what begins with this word.
    queryKey: ["workflows", "newest"],
    queryFn: async () => unwrap(await api.GET("/api/workflows", { params: { query: { limit: NEWEST } } })).workflows,
    refetchInterval,
  });
  // What was among the newest once stays known, even when newer ones have taken its place.
  const [seen, setSeen] = useState(newest.data);
  if (newest.data && newest.data !== seen) {
    setSeen(newest.data);
    setKnown((before) => new Map([...before, ...newest.data.map((one) => [one.id, one] as const)]));
  }
  useFollow({ onGap: () => setKnown(new Map()) });
  // A page of a workflow that was looked at knows it better than the list.
  useEffect(
    () =>
      queries.getQueryCache().subscribe(({ type, query }) => {
        const [word] = query.queryKey;
        const data = query.state.data as Summary | undefined;
        if (type !== "updated" || word !== "workflow" || query.queryKey.length !== 2 || !data) return;
        setKnown((before) => new Map(before).set(data.id, data));
      }),
    [queries],
  );
  return useMemo(() => [...known.values()], [known]);
}

/** Where the workflows stand that something has happened to while this page was looked at. */
function useStatuses(): Map<string, Status> {
  const [stands, setStands] = useState(new Map<string, Status>());
  useFollow({
    onEvents: (events) =>
      setStands((before) => new Map([...before, ...events.map((event) => [event.workflow_id, event.status] as const)])),
    onGap: () => setStands(new Map()),
  });
  return stands;
}

/** Whether what an event told of is one of those that were asked for. */
function matches(one: Summary, { statuses, type, council }: Wanted, proposer: string | null | undefined): boolean {
  return (
    (statuses.length === 0 || statuses.includes(one.status)) &&
    (!type || one.workflow_type.id === type) &&
    (!council || one.reviews.some(({ council_id }) => council_id === council)) &&
    (!proposer || one.proposed_by.id === proposer)
  );
}

/** The types that there are, to choose from. */
export function useTypeNames() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["types", "names"],
    queryFn: async () =>
      unwrap(await api.GET("/api/workflow-types", { params: { query: { limit: 200 } } })).workflow_types.map(
        ({ id, name }) => ({ value: id, label: `${name} (${id})` }),
      ),
    staleTime: 60_000,
  });
}
