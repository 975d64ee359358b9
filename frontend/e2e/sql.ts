import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { runtime } from "./runtime";

/** Does to the database what time would do, or what would take the API too long; gives back what it answers. */
export async function sql(statement: string): Promise<string> {
  const { stdout } = await promisify(execFile)("psql", [
    runtime.DATABASE_URL,
    "--no-psqlrc",
    "--quiet",
    "--tuples-only",
    "--no-align",
    "--set=ON_ERROR_STOP=1",
    "--command",
    statement,
  ]);
  return stdout.trim();
}
