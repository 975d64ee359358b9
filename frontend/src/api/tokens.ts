import type { Middleware } from "openapi-fetch";
import type { components } from "./schema";

type LoggedIn = components["schemas"]["LoggedIn"];
/** How asking for another token ended. */
export type Renewal = "renewed" | "refused" | "unreachable";

/** How long before its end a token is renewed, in seconds. */
const AHEAD = 60;
/** The longest that a browser's timer can wait, in seconds: it counts milliseconds in 31 bits. */
const LONGEST_TIMER = 2_000_000;

/** Tabs take turns by this lock. */
const LOCK = "codex-refresh";
/** What a page of another site can't send without the API's leave. */
const OURS = { "x-requested-with": "codex-console" };

declare global {
  interface Window {
    /** The answer to `askEarly`, until it is taken. */
    codexEarly?: Promise<Response | null> | undefined;
  }
}

/** A script that asks for a token while the page's own scripts are still on their way. */
export function askEarly(apiUrl: string): string {
  const url = JSON.stringify(`${apiUrl}/api/auth/refresh`);
  const ask = `()=>fetch(${url},{method:"POST",credentials:"include",headers:${JSON.stringify(OURS)}}).catch(()=>null)`;
  return `window.codexEarly=navigator.locks?navigator.locks.request("${LOCK}",${ask}):(${ask})()`;
}

/** The access token in memory, and how it is renewed with the refresh cookie. */
export class Tokens {
  private token: string | null = null;
  private renewing: Promise<Renewal> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly apiUrl: string,
    private readonly onUser: (user: LoggedIn["user"]) => void,
    private readonly onEnd: () => void,
  ) {}

  access(): string | null {
    return this.token;
  }

  /** Whoever was refused with the token: asks for another, and ends the session when there is none. */
  async refreshOrEnd(): Promise<Renewal> {
    const renewal = await this.refresh();
    if (renewal === "refused") {
      this.drop();
      this.onEnd();
    }
    return renewal;
  }

  take(loggedIn: LoggedIn) {
    this.token = loggedIn.token;
    this.onUser(loggedIn.user);
    clearTimeout(this.timer);
    const seconds = Math.min(Math.max(loggedIn.expires_in - AHEAD, 1), LONGEST_TIMER);
    this.timer = setTimeout(() => void this.refresh(), seconds * 1000);
  }

  drop() {
    this.token = null;
    this.stop();
  }

  stop() {
    clearTimeout(this.timer);
  }

  /** Gets another token. Many who ask at once cause one request, and tabs come one after the other. */
  refresh(): Promise<Renewal> {
    this.renewing ??= this.inTurn().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  /** Adds the token to requests, and repeats those that it was refused for once it is renewed. */
  middleware(): Middleware {
    const sent = new Map<string, Request>();
    return {
      onRequest: ({ request, id }) => {
        if (this.token && !request.headers.has("authorization")) {
          request.headers.set("authorization", `Bearer ${this.token}`);
          sent.set(id, request.clone());
        }
      },
      onResponse: async ({ response, id, schemaPath }) => {
        const request = sent.get(id);
        sent.delete(id);
        if (!request || response.status !== 401 || schemaPath === "/api/auth/logout") return;
        if ((await this.refreshOrEnd()) === "renewed") {
          request.headers.set("authorization", `Bearer ${this.token ?? ""}`);
          return fetch(request);
        }
      },
      onError: ({ id }) => void sent.delete(id),
    };
  }

  private async inTurn(): Promise<Renewal> {
    // Insecure contexts and old browsers have no locks: there, the API takes a token twice for some seconds.
    return "locks" in navigator ? await navigator.locks.request(LOCK, () => this.ask()) : this.ask();
  }

  private async ask(): Promise<Renewal> {
    const early = window.codexEarly;
    window.codexEarly = undefined;
    try {
      const response =
        (await early) ??
        (await fetch(`${this.apiUrl}/api/auth/refresh`, { method: "POST", credentials: "include", headers: OURS }));
      if (response.ok) {
        this.take((await response.json()) as LoggedIn);
        return "renewed";
      }
      return response.status < 500 && response.status !== 429 ? "refused" : "unreachable";
    } catch {
      return "unreachable";
    }
  }
}
