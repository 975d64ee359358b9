import type { BrowserContext } from "@playwright/test";
import createClient, { type Client } from "openapi-fetch";
import { runtime, serviceOf } from "./runtime";
import { totpCode } from "./totp";
import { unwrap } from "@/api/error";
import type { components, paths } from "@/api/schema";

export type Role = components["schemas"]["Role"];
type LoggedIn = components["schemas"]["LoggedIn"];
type Cookie = { name: string; value: string };

/** What everybody here signs in with. */
export const PASSWORD = "correct horse battery staple 9";

/** Somebody with an account, who can call the API as themselves. */
export class Person {
  readonly api: Client<paths> = client((request) => this.send(request));
  private session: { token: string; cookie: Cookie } | undefined;

  constructor(
    readonly id: string,
    readonly name: string,
    readonly email: string,
    readonly role: Role,
    readonly password: string = PASSWORD,
  ) {}

  /** Sets up an authenticator, and returns what its codes are made of. */
  async setUpAuthenticator(): Promise<string> {
    const { secret } = unwrap(await this.api.POST("/api/auth/totp", { body: { password: this.password } }));
    unwrap(await this.api.POST("/api/auth/totp/confirm", { body: { code: totpCode(secret) } }));
    return secret;
  }

  private async send(request: Request): Promise<Response> {
    this.session ??= await login(this.email, this.password);
    const answer = await forward(request.clone(), this.session.token);
    if (answer.status !== 401) return answer;
    // A seat given or taken ends tokens, but not sessions.
    const { cookie } = this.session;
    const renewal = await fetch(`${runtime.AUTH_URL}/api/auth/refresh`, {
      method: "POST",
      headers: { cookie: `${cookie.name}=${cookie.value}`, origin: runtime.CONSOLE_URL, "x-requested-with": "codex-console" },
    });
    this.session = renewal.ok ? await sessionOf(renewal) : await login(this.email, this.password);
    return forward(request, this.session.token);
  }
}

/** An account that proposes with an API key. */
export class Agent {
  readonly api: Client<paths>;

  constructor(
    readonly id: string,
    readonly name: string,
    key: string,
  ) {
    this.api = client((request) => forward(request, key));
  }
}

/** Whoever proposes. */
export type Caller = Person | Agent;

/** Signs somebody in without the form, whose answers are limited to a few a minute: gives the browser the refresh cookie. */
export async function signIn(context: BrowserContext, person: { email: string; password: string }) {
  const { cookie } = await login(person.email, person.password);
  await context.addCookies([
    { ...cookie, domain: new URL(runtime.API_URL).hostname, path: "/", httpOnly: true, secure: true, sameSite: "Strict" },
  ]);
}

async function login(email: string, password: string) {
  const answer = await fetch(`${runtime.AUTH_URL}/api/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: runtime.CONSOLE_URL, "x-requested-with": "codex-console" },
    body: JSON.stringify({ email, password }),
  });
  if (!answer.ok) throw new Error(`${email} can't sign in: ${await answer.text()}`);
  return sessionOf(answer);
}

async function sessionOf(answer: Response) {
  const { token } = (await answer.json()) as LoggedIn;
  const [pair = ""] = (answer.headers.getSetCookie()[0] ?? "").split(";");
  const at = pair.indexOf("=");
  return { token, cookie: { name: pair.slice(0, at), value: pair.slice(at + 1) } };
}

function client(send: (request: Request) => Promise<Response>): Client<paths> {
  return createClient<paths>({ baseUrl: "http://service", fetch: send });
}

async function forward(request: Request, token: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set("authorization", `Bearer ${token}`);
  const body = request.body ? await request.text() : undefined;
  return fetch(`${serviceOf(pathname)}${pathname}${search}`, { method: request.method, headers, body });
}
