/** A moment, as a field of the kind `datetime-local` holds it: in this browser's time zone. */
export function toField(moment: string | null): string {
  if (!moment) return "";
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return "";
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The moment that such a field stands for, as the API wants it; null for an empty one. */
export function fromField(value: string): string | null {
  const date = new Date(value);
  return value && !Number.isNaN(date.getTime()) ? date.toISOString() : null;
}
