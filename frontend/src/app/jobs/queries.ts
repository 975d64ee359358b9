import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Window } from "./throughput";
import { unwrap } from "@/api/error";
import { useRefetchInterval } from "@/api/live";
import type { components } from "@/api/schema";
import { useIsAdmin, useSession } from "@/api/session";
import { jobTexts } from "@/texts";

type Schemas = components["schemas"];
export type Priority = Schemas["Priority"];
export type Pause = Schemas["QueueState"];

/** How long the queues are, in Redis and in PostgreSQL. */
export function useQueues() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["jobs", "queues"],
    queryFn: async () => unwrap(await api.GET("/api/queues")),
    refetchInterval: 5000,
  });
}

/** Which queues are paused, by whom and why; for admins. */
export function usePauses() {
  const { api } = useSession();
  const isAdmin = useIsAdmin();
  return useQuery({
    queryKey: ["jobs", "pauses"],
    queryFn: async () => unwrap(await api.GET("/api/admin/queues")).queues,
    refetchInterval: 10_000,
    enabled: isAdmin,
  });
}

/** Pauses a queue, for the reason given, or resumes it. */
export function useSwitchQueue(queue: Priority, to: "pause" | "resume") {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation<unknown, Error, string>({
    mutationFn: async (reason) => {
      const params = { path: { queue } };
      return to === "pause"
        ? unwrap(await api.POST("/api/admin/queues/{queue}/pause", { params, body: { reason } }))
        : unwrap(await api.POST("/api/admin/queues/{queue}/resume", { params }));
    },
    meta: { inPlace: true, done: to === "pause" ? jobTexts.queues.paused : jobTexts.queues.resumed },
    onSettled: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
}

/** How much ran, and how long it waited and took. */
export function useThroughput(window: Window) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["jobs-throughput", window],
    queryFn: async () => unwrap(await api.GET("/api/queues/throughput", { params: { query: { window } } })),
    placeholderData: keepPreviousData,
    refetchInterval: window === "hour" ? 15_000 : 60_000,
  });
}

/** The newest workflows in a status. */
export function useInStatus(status: Schemas["WorkflowStatus"], limit: number) {
  const { api } = useSession();
  const refetchInterval = useRefetchInterval();
  return useQuery({
    queryKey: ["jobs", "workflows", status, limit],
    queryFn: async () => unwrap(await api.GET("/api/workflows", { params: { query: { status, limit } } })),
    refetchInterval,
  });
}
