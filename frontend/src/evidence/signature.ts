import type { components } from "@/api/schema";
import { canonical } from "./canonical";
import { bytesOf, fromBase64, sha256, toBase64 } from "./digest";

export type Checkpoint = components["schemas"]["Checkpoint"];

/** A public key that checkpoints are checked with. */
export type PublicKey = {
  /** Its RFC 7638 thumbprint. */
  id: string;
  key: CryptoKey;
};

/** Reads a public key as `auth-service audit public-key` prints it: 32 bytes in base64. Null for what is none. */
export async function readPublicKey(text: string): Promise<PublicKey | null> {
  const bytes = fromBase64(text.trim());
  if (bytes?.length !== 32) return null;
  const thumbprint = canonical({ crv: "Ed25519", kty: "OKP", x: urlSafe(bytes) });
  const id = urlSafe(await sha256(bytesOf(thumbprint)));
  return { id, key: await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]) };
}

/** Whether the key signed this very checkpoint. */
export async function isSigned(checkpoint: Checkpoint, { id, key }: PublicKey): Promise<boolean> {
  const signature = fromBase64(checkpoint.signature);
  if (!signature || checkpoint.key_id !== id) return false;
  return crypto.subtle.verify("Ed25519", key, signature, bytesOf(statement(checkpoint)));
}

/** What is signed. Checkpoints from before there were roots say nothing of one. */
function statement({ position, hash, signed_at, first_position, root }: Checkpoint): string {
  const known = { purpose: "codex-dominion audit checkpoint", position, hash, signed_at };
  const isOld = (first_position ?? root ?? null) === null;
  return canonical(isOld ? known : { ...known, first_position: first_position ?? null, root: root ?? null });
}

/** Base64 as URLs can hold it, without padding (RFC 4648, 5). */
function urlSafe(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
