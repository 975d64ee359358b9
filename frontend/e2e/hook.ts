import { createHmac } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";

export type Received = { headers: http.IncomingHttpHeaders; body: string };

/** A program that is told what happens, as a webhook's receiver would be: listens while `act` runs, and keeps what it got. */
export async function whileListening(act: (url: string, received: Received[]) => Promise<void>) {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`, received);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** What the header `webhook-signature` says when this secret signed it (Standard Webhooks). */
export function signatureOf({ headers, body }: Received, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
}
