import { canonical } from "./canonical";

export type Bytes = Uint8Array<ArrayBuffer>;

const UTF8 = new TextEncoder();

/** What the first link of the chain follows. */
export const ZERO = "0".repeat(64);

/** The SHA-256 of these bytes, one part after the other. */
export async function sha256(...parts: Bytes[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(parts)));
}

/** The SHA-256 of a JSON value's RFC 8785 form, in hexadecimal digits. */
export async function digestOf(value: unknown): Promise<string> {
  return toHex(await sha256(bytesOf(canonical(value))));
}

/** The hash of a link of the record's chain: over the hash before it, then the record's RFC 8785 form. */
export async function chained(previous: string | null, record: unknown): Promise<string> {
  return toHex(await sha256(fromHex(previous ?? ZERO), bytesOf(canonical(record))));
}

/** What a record says of particulars that can be erased: over their salt, then their RFC 8785 form. */
export async function commitment(personal: { salt: string; fields: unknown }): Promise<string> {
  return toHex(await sha256(fromHex(personal.salt), bytesOf(canonical(personal.fields))));
}

export function bytesOf(text: string): Bytes {
  return UTF8.encode(text);
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of hexadecimal digits; none for what are no such digits. */
export function fromHex(digits: string): Bytes {
  if (!/^([0-9a-f]{2})*$/.test(digits)) return new Uint8Array();
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) => parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** The bytes that a text in base64 stands for; null for what is no such text. */
export function fromBase64(text: string): Bytes | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function joined(parts: Bytes[]): Bytes {
  const [first] = parts;
  if (first && parts.length === 1) return first;
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
