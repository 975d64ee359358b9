import type { components } from "@/api/schema";

type Schemas = components["schemas"];

export type Link = Omit<Schemas["ProvenLink"], "record"> & { record: Act };
export type Evidence = Omit<Schemas["Evidence"], "audit"> & { audit: Link[] };

/** A row of the record, as far as it is looked at here. */
export type Act = {
  action: string;
  actor_id?: string | null;
  resource_kind: string;
  resource_id: string;
  sequence?: number | null;
  detail: Record<string, unknown>;
};

const FORMAT = "codex-dominion evidence 1";
const LISTS = ["policies", "reviews", "votes", "steps", "audit", "checkpoints"];
const PARTS = ["format", "generated_at", "proposal", "workflow", "mandate", "break_glass", ...LISTS];

/** Reads a document; null where it is none of this format, or has a part that the format does not know. */
export function read(text: string): Evidence | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value.format !== FORMAT) return null;
  const { proposal, workflow } = value;
  const isWhole =
    Object.keys(value).every((name) => PARTS.includes(name)) &&
    LISTS.every((name) => Array.isArray(value[name])) &&
    isObject(proposal) &&
    isObject(workflow);
  const rows = value.audit as unknown[];
  const hasRows =
    isWhole && rows.every((row) => isObject(row) && isObject(row.record) && isObject(row.record.detail));
  return hasRows ? (value as unknown as Evidence) : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
