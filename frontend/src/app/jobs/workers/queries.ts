import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useIsAdmin, useSession } from "@/api/session";
import { jobTexts } from "@/texts";

type Schemas = components["schemas"];
export type LogLevel = Schemas["SetLogLevel"];
export type Service = NonNullable<LogLevel["service"]>;

export const SERVICES: Service[] = ["auth-service", "council-service", "workflow-worker", "health-aggregator"];

/** Every instance of every service; for admins. */
export function useInstances() {
  const { api } = useSession();
  const isAdmin = useIsAdmin();
  return useQuery({
    queryKey: ["jobs", "instances"],
    queryFn: async () => unwrap(await api.GET("/api/admin/instances")).instances,
    refetchInterval: 5000,
    enabled: isAdmin,
  });
}

/** What services log for a time. */
export function useLogLevels() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["log-levels"],
    queryFn: async () => unwrap(await api.GET("/api/admin/log-level")).levels,
    refetchInterval: 10_000,
  });
}

export function useSetLogLevel() {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (level: LogLevel) => unwrap(await api.PUT("/api/admin/log-level", { body: level })),
    meta: { inPlace: true, done: jobTexts.workers.isSet },
    onSettled: () => queries.invalidateQueries({ queryKey: ["log-levels"] }),
  });
}

/** Lets a service log as it was started to. */
export function useUnsetLogLevel() {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (service: Service | null) =>
      unwrap(await api.DELETE("/api/admin/log-level", { params: { query: service ? { service } : {} } })),
    meta: { done: jobTexts.workers.isUnset },
    onSettled: () => queries.invalidateQueries({ queryKey: ["log-levels"] }),
  });
}
