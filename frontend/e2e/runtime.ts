import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the browser tests. */
export const here = path.dirname(fileURLToPath(import.meta.url));
const FILE = path.resolve(process.env.RUNTIME_ENV ?? path.join(here, "../../.local/runtime.env"));

type Runtime = Record<
  | "API_URL"
  | "CONSOLE_URL"
  | "CA_CERT"
  | "ADMIN_EMAIL"
  | "ADMIN_PASSWORD"
  | "DATABASE_URL"
  | "AUTH_URL"
  | "COUNCIL_URL"
  | "HEALTH_URL"
  | "AUDIT_PUBLIC_KEY",
  string
>;

/** What `make run` says about the stack that is tested; the file's path can be given as `RUNTIME_ENV`. */
export const runtime: Runtime = read();

/** The folder in which that stack keeps what belongs to it: mails, logs, process ids. */
export const localFolder = path.dirname(FILE);

/** Where screenshots for the documentation go. */
export const screenshotFolder = path.join(here, "../../docs/screenshots");

function read(): Runtime {
  if (!fs.existsSync(FILE)) throw new Error(`nothing runs here: ${FILE} is missing; start it with make run`);
  const lines = fs.readFileSync(FILE, "utf8").split("\n");
  return Object.fromEntries(
    lines.filter((line) => line.includes("=")).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  ) as Runtime;
}

/** The service that answers for a path, asked directly: the limits of the edge are for the browser's own requests. */
export function serviceOf(pathname: string): string {
  if (/^\/(api\/auth|\.well-known)\/|^\/api\/admin\/(users|agents|audit-logs|sessions)(\/|$)/.test(pathname)) return runtime.AUTH_URL;
  if (/^\/(health|api\/status|api\/queues)(\/|$)/.test(pathname)) return runtime.HEALTH_URL;
  return runtime.COUNCIL_URL;
}
