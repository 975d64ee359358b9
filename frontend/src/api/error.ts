import type { components } from "./schema";
import { en } from "@/texts/en";

export type Problem = components["schemas"]["ProblemDetails"];

/** A problem that the API answered with, as an error to throw. */
export class ApiError extends Error {
  readonly code: string;
  readonly requestId: string | null;

  constructor(problem: unknown) {
    const known = isProblem(problem) ? problem : null;
    super(known?.error ?? en.errors.unreachable);
    this.code = known?.code ?? "unreachable";
    this.requestId = known?.request_id ?? null;
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "error" in value && "code" in value;
}

/** The data of an answer, or its problem thrown. */
export function unwrap<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new ApiError(answer.error);
  return answer.data;
}
