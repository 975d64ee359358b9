import { EXAMPLES, type Kind } from "./examples";
import type { WorkflowType } from "../queries";
import type { components } from "@/api/schema";
import { isObject } from "@/components/schema-form/schema";
import { parseJson } from "@/components/json-editor/syntax";

export type StepDraft = { key: string; name: string; kind: Kind; attempts: string; timeout: string; with: string };

/** A type as it is being written: JSON is text until it is sent. */
export type Draft = { id: string; domain: string; name: string; description: string; schema: string; steps: StepDraft[] };

const INPUTS = {
  type: "object",
  additionalProperties: false,
  required: ["title"],
  properties: { title: { type: "string", title: "Title", maxLength: 200 } },
};

const written = (value: unknown) => JSON.stringify(value, null, 2);

/** A step that has been added: it can be saved once it has a name. */
export const newStep = (): StepDraft => ({
  key: crypto.randomUUID(),
  name: "",
  kind: "render_template",
  attempts: "",
  timeout: "",
  with: written(EXAMPLES.render_template),
});

/** What a new type begins with. */
export const begun = (): Draft => ({ id: "", domain: "", name: "", description: "", schema: written(INPUTS), steps: [] });

export function draftOf(type: WorkflowType): Draft {
  return {
    id: type.id,
    domain: type.domain,
    name: type.name,
    description: type.description,
    schema: written(type.input_schema),
    steps: type.steps.map((step) => ({
      key: crypto.randomUUID(),
      name: step.name,
      kind: step.kind,
      attempts: step.max_attempts?.toString() ?? "",
      timeout: step.timeout_seconds?.toString() ?? "",
      with: written(step.with),
    })),
  };
}

/** Whether a text is a JSON object. */
export const isObjectText = (text: string) => isObject(parseJson(text).value);

/** Whether a text is a whole number, or nothing. */
export const isCount = (text: string) => /^\s*\d*\s*$/.test(text);

/** Whether everything is written so that it can be sent. */
export const isReadable = ({ schema, steps }: Draft) =>
  isObjectText(schema) && steps.every((step) => isObjectText(step.with) && isCount(step.attempts) && isCount(step.timeout));

/** What is sent; null while it is not readable. */
export function contentOf(draft: Draft): Omit<components["schemas"]["ReplaceWorkflowType"], "domain"> | null {
  if (!isReadable(draft)) return null;
  return {
    name: draft.name.trim(),
    ...(draft.description.trim() && { description: draft.description.trim() }),
    input_schema: parseJson(draft.schema).value as Record<string, never>,
    steps: draft.steps.map((step) => ({
      name: step.name.trim(),
      kind: step.kind,
      with: parseJson(step.with).value as Record<string, never>,
      ...(step.attempts.trim() && { max_attempts: Number(step.attempts) }),
      ...(step.timeout.trim() && { timeout_seconds: Number(step.timeout) }),
    })),
  };
}

export type Fault = { pointer: string; detail: string };

/** What is wrong at exactly that place. */
export const faultAt = (faults: readonly Fault[], place: string) =>
  faults.find(({ pointer }) => pointer === place)?.detail ?? null;

/** What is wrong at or below a place, each with where exactly, one a line; null when nothing is. */
export function faultsAt(faults: readonly Fault[], place: string): string | null {
  const found = faults.filter(({ pointer }) => pointer === place || pointer.startsWith(`${place}/`));
  if (found.length === 0) return null;
  return found.map(({ pointer, detail }) => (pointer === place ? detail : `${pointer.slice(place.length)}: ${detail}`)).join("\n");
}
