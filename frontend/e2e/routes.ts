import fs from "node:fs";
import path from "node:path";
import { here } from "./runtime";
import { type World, unique } from "./world";
import { unwrap } from "@/api/error";

const APP = path.join(here, "../src/app");

/** Pages for who is not signed in; `session.spec.ts` looks at them. */
const OPEN = ["/forgot-password", "/reset-password", "/accept-invitation"];

/** Every page of the console, found in its source: `/workflows/[id]`. */
export const ROUTES = fs
  .readdirSync(APP, { recursive: true, encoding: "utf8" })
  .filter((file) => path.basename(file) === "page.tsx")
  .map((file) => path.join("/", path.dirname(file)))
  .filter((route) => !OPEN.includes(route))
  .toSorted();

/** What is looked at where an address names something. */
const EXAMPLES: Record<string, (world: World) => Promise<string>> = {
  "/workflows": async (world) => {
    const { workflow } = await world.proposal();
    await world.vote(workflow.id, world.ada, "approve", "The figures are sound.");
    return workflow.id;
  },
  "/councils": async (world) => (await world.council()).id,
  "/types": async (world) => (await world.type((await world.council()).domain)).id,
  "/admin/users": async (world) => world.grace.id,
  "/admin/agents": async (world) => (await world.agent()).id,
  "/admin/webhooks": async ({ admin }) => {
    const body = { url: "https://example.org/hooks", events: ["workflow.completed" as const] };
    return unwrap(await admin.api.POST("/api/admin/webhooks", { body })).id;
  },
  "/jobs/schedules": async (world) => {
    const type = await world.type((await world.council()).domain);
    const body = { name: unique("Every Monday"), workflow_type: type.id, inputs: { title: "Weekly offers" }, cron: "0 8 * * 1", time_zone: "Europe/Berlin" };
    return unwrap(await world.admin.api.POST("/api/schedules", { body: body as never })).id;
  },
};

/** A real address of the route. */
export async function addressOf(route: string, world: World): Promise<string> {
  const at = route.indexOf("/[");
  if (at < 0) return route;
  const example = EXAMPLES[route.slice(0, at)];
  if (!example) throw new Error(`say in e2e/routes.ts what is looked at on ${route}`);
  const [, rest = ""] = /^\/\[[^\]]+\](.*)$/.exec(route.slice(at)) ?? [];
  return `${route.slice(0, at)}/${await example(world)}${rest}`;
}
