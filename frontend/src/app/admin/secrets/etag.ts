/**
 * The `ETag` that a secret of the list has: its version, and when it was set in microseconds. The list has no headers of its own
 * for each, and what sets a secret answers with the next one only.
 */
export function etagOf({ version, set_at }: { version: number; set_at: string }): string {
  const [seconds = "", rest = ""] = set_at.split(/[.]/);
  const whole = Date.parse(rest ? `${seconds}Z` : set_at) / 1000;
  const micros = rest.replace(/\D.*$/, "").padEnd(6, "0").slice(0, 6);
  return `"${version}-${whole}${micros}"`;
}
