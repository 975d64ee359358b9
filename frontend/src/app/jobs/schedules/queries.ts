import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap, unwrapTagged } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { jobTexts } from "@/texts";

type Schemas = components["schemas"];
export type Schedule = Schemas["Schedule"];
export type NewSchedule = Schemas["NewSchedule"];
export type Run = Schemas["ScheduleRun"];
export type Missed = Schemas["Missed"];
/** A schedule, with the tag that a change of it is sent with. */
export type Tagged = { value: Schedule; etag: string };

const words = jobTexts.schedules;
const ALL = ["schedules"];
const LIST = [...ALL, "list"];

export function useSchedules() {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: LIST,
    queryFn: async ({ pageParam: cursor }) =>
      unwrap(await api.GET("/api/schedules", { params: { query: { limit: 50, ...(cursor && { cursor }) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: 15_000,
  });
}

/** A schedule, with what came of its times page by page. */
export function useSchedule(id: string) {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: [...ALL, "one", id],
    queryFn: async ({ pageParam: cursor }) =>
      unwrapTagged(
        await api.GET("/api/schedules/{schedule_id}", {
          params: { path: { schedule_id: id }, query: { limit: 50, ...(cursor && { cursor }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: ({ value }) => value.next_cursor ?? undefined,
    refetchInterval: 10_000,
  });
}

/** Makes a schedule or, where there is one, says anew what it does. */
export function useSave(base: Tagged | null) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: NewSchedule) =>
      unwrap(
        base
          ? await api.PUT("/api/schedules/{schedule_id}", {
              params: { path: { schedule_id: base.value.id }, header: { "If-Match": base.etag } },
              body,
            })
          : await api.POST("/api/schedules", { body }),
      ),
    meta: { inPlace: true, done: base ? words.saved : words.made },
    onSettled: () => queries.invalidateQueries({ queryKey: ALL }),
  });
}

/** Loads what a schedule says now, and how a change of that is sent. */
export function useReload(id: string) {
  const { api } = useSession();
  return useMutation({
    mutationFn: async (): Promise<Tagged> =>
      unwrapTagged(await api.GET("/api/schedules/{schedule_id}", { params: { path: { schedule_id: id } } })),
  });
}

export function useSwitch(id: string, to: "pause" | "resume") {
  const { api } = useSession();
  const queries = useQueryClient();
  const params = { path: { schedule_id: id } };
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(
        to === "pause"
          ? await api.POST("/api/schedules/{schedule_id}/pause", { params })
          : await api.POST("/api/schedules/{schedule_id}/resume", { params }),
      ),
    meta: { inPlace: true, done: to === "pause" ? words.paused : words.resumed },
    onSettled: () => queries.invalidateQueries({ queryKey: ALL }),
  });
}

/** Forgets a schedule; what is shown of it is left by `onDone`. */
export function useRemove(id: string, onDone: () => void) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(await api.DELETE("/api/schedules/{schedule_id}", { params: { path: { schedule_id: id } } })),
    meta: { inPlace: true, done: words.removed },
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries({ queryKey: LIST });
    },
  });
}
