import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { adminTexts } from "@/texts";

type Schemas = components["schemas"];
export type Webhook = Schemas["Webhook"];
export type Delivery = Schemas["Delivery"];
export type EventType = Schemas["EventType"];

const text = adminTexts.webhook;

/** What can be subscribed to. */
export const EVENTS: Schemas["Subscription"] = [
  "workflow.proposed",
  "vote.needed",
  "workflow.decided",
  "workflow.started",
  "workflow.completed",
  "workflow.failed",
  "glass.broken",
];

export function useWebhooks() {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: ["webhooks", "list"],
    queryFn: async ({ pageParam: cursor }) =>
      unwrap(await api.GET("/api/admin/webhooks", { params: { query: { limit: 50, ...(cursor && { cursor }) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** A webhook with its deliveries, page by page; looked at often, since what is on its way arrives. */
export function useWebhook(id: string) {
  const { api } = useSession();
  return useInfiniteQuery({
    queryKey: ["webhooks", id],
    queryFn: async ({ pageParam: cursor }) => {
      const params = { path: { webhook_id: id }, query: { limit: 50, ...(cursor && { cursor }) } };
      return unwrap(await api.GET("/api/admin/webhooks/{webhook_id}", { params }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: 5000,
  });
}

function useRenewal() {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: ["webhooks"] });
}

export function useAddWebhook() {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (body: Schemas["CreateWebhook"]) => unwrap(await api.POST("/api/admin/webhooks", { body })),
    meta: { done: adminTexts.webhooks.created, inPlace: true },
    onSettled,
  });
}

export function useChangeWebhook(id: string, done: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (body: Schemas["ChangeWebhook"]) =>
      unwrap(await api.PATCH("/api/admin/webhooks/{webhook_id}", { params: { path: { webhook_id: id } }, body })),
    meta: { done },
    onSettled,
  });
}

export function useTestWebhook(id: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async () =>
      unwrap(await api.POST("/api/admin/webhooks/{webhook_id}/test", { params: { path: { webhook_id: id } } })),
    meta: { done: text.tested },
    onSettled,
  });
}

/** Gives a webhook another secret, and hands it to `onSecret`: it is answered this once. */
export function useRotateSecret(id: string, onSecret: (secret: string) => void) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation<Schemas["WithSecret"], Error, string>({
    mutationFn: async () =>
      unwrap(await api.POST("/api/admin/webhooks/{webhook_id}/rotate-secret", { params: { path: { webhook_id: id } } })),
    meta: { inPlace: true },
    onSuccess: ({ secret }) => onSecret(secret),
    onSettled,
  });
}

export function useRemoveWebhook(id: string) {
  const router = useRouter();
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation<unknown, Error, string>({
    mutationFn: async () =>
      unwrap(await api.DELETE("/api/admin/webhooks/{webhook_id}", { params: { path: { webhook_id: id } } })),
    meta: { done: text.removed, inPlace: true },
    onSuccess: () => router.push("/admin/webhooks"),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["webhooks", "list"] }),
  });
}

export function useRedeliver(id: string) {
  const { api } = useSession();
  const onSettled = useRenewal();
  return useMutation({
    mutationFn: async (delivery: string) => {
      const path = { webhook_id: id, delivery_id: delivery };
      return unwrap(
        await api.POST("/api/admin/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", { params: { path } }),
      );
    },
    meta: { done: text.redelivered },
    onSettled,
  });
}
