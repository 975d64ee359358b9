import type { components } from "./schema";
import { texts } from "@/texts";

export type Problem = components["schemas"]["ProblemDetails"];

/** A problem that the API answered with, as an error to throw. */
export class ApiError extends Error {
  /** Names the problem for programs; `unreachable` when there was no answer that we understand. */
  readonly code: string;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** What to quote when asking for help. */
  readonly requestId: string | null;
  /** What is wrong with which field of what was sent, by JSON Pointer. */
  readonly fields: readonly { pointer: string; detail: string }[];
  /** When to try again, in seconds, where the API says so. */
  readonly retryAfter: number | null;

  constructor(problem: unknown, response?: Response) {
    const known = isProblem(problem) ? problem : null;
    super(known?.error ?? texts.errors.unreachable);
    this.code = known?.code ?? "unreachable";
    this.status = known?.status ?? response?.status ?? 0;
    this.requestId = known?.request_id ?? response?.headers.get("x-request-id") ?? null;
    this.fields = known?.errors ?? [];
    this.retryAfter = Number(response?.headers.get("retry-after")) || null;
  }

  /** Whether the same request may succeed later: nobody could be reached, or who was reached could not answer. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "error" in value && "code" in value;
}

/** Whether an error is the API's problem of this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}

const requestIds = new WeakMap<object, string>();

/** The data of an answer, or its problem thrown. */
export function unwrap<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (!answer.response.ok) throw new ApiError(answer.error, answer.response);
  const requestId = answer.response.headers.get("x-request-id");
  if (requestId && typeof answer.data === "object" && answer.data !== null) requestIds.set(answer.data, requestId);
  // Where there is nothing to answer (204), T is undefined.
  return answer.data as T;
}

/** Like `unwrap`, with the `ETag` that a change of what was answered is sent with. */
export function unwrapTagged<T>(answer: { data?: T; error?: unknown; response: Response }): { value: T; etag: string } {
  return { value: unwrap(answer), etag: answer.response.headers.get("etag") ?? "" };
}

/** The request that data came with. */
export function requestIdOf(data: unknown): string | null {
  return typeof data === "object" && data !== null ? (requestIds.get(data) ?? null) : null;
}
