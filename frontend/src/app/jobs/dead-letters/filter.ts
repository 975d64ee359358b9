import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Filter = Schemas["Filter"];
export type StepKind = Schemas["StepKind"];

/** The names of the filters, in the address as in the API. */
export const NAMES = ["workflow_type", "domain", "council_id", "step_kind", "error", "failed_from", "failed_until"] as const;
export type Name = (typeof NAMES)[number];

export const STEP_KINDS: StepKind[] = [
  "http_request",
  "send_email",
  "render_template",
  "transform",
  "condition",
  "delay",
  "approval",
  "report.weekly",
  "maintenance.cleanup",
  "grant_mandate",
];

/** How long the words of an error may be. */
const LONGEST = 200;

/** What the address asks for, as the API takes it. */
export function filterOf(chosen: Record<Name, string | null>): Filter {
  return Object.fromEntries(NAMES.flatMap((name) => (chosen[name] ? [[name, chosen[name]]] : [])));
}

/** As much of an error as can be asked for: cut between characters, never in one. */
export function wordsOf(error: string): string {
  return Array.from(error).slice(0, LONGEST).join("");
}

/** A time of the address, as a field for local times has it; empty where it is none. */
export function toLocal(iso: string | null): string {
  const at = new Date(iso ?? "");
  if (Number.isNaN(at.getTime())) return "";
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What a field for local times has, as a time of the address; null where it is none. */
export function fromLocal(local: string): string | null {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
