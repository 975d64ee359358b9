import fs from "node:fs";
import path from "node:path";
import { expect } from "@playwright/test";
import { localFolder, runtime } from "./runtime";

const FOLDER = path.join(localFolder, "mail");

/** The link to a page of the console in the newest mail to this address; waits for it to be sent. */
export async function linkMailedTo(address: string, page: string): Promise<string> {
  const start = `${runtime.CONSOLE_URL}${page}`;
  const find = () =>
    fs
      .readdirSync(FOLDER)
      .map((name) => path.join(FOLDER, name))
      .toSorted((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs)
      .map((file) => fs.readFileSync(file, "utf8"))
      .filter((mail) => mail.includes(`<${address}>`))
      .flatMap((mail) => readable(mail).split(/\s/))
      .find((word) => word.startsWith(start));
  await expect.poll(find, { message: `a mail to ${address} with a link to ${page}` }).toBeDefined();
  return find() ?? "";
}

/** Undoes the quoted-printable form, of which links need no more than this. */
function readable(mail: string): string {
  return mail.replaceAll(/=\r?\n/g, "").replaceAll("=3D", "=");
}
