import fs from "node:fs";
import path from "node:path";
import { localFolder } from "./runtime";

/** Has a service of the run stand still while something is done. Its connections stay, and answer nothing. */
export async function whileFrozen(service: string, act: () => Promise<void>) {
  const [pid = ""] = fs.readFileSync(path.join(localFolder, "run", `${service}.pid`), "utf8").split(" ");
  process.kill(Number(pid), "SIGSTOP");
  try {
    await act();
  } finally {
    process.kill(Number(pid), "SIGCONT");
  }
}
