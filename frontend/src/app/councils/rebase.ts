/** What was typed, on what is there now: a field that nobody typed in is as it is now. */
export function rebase<T extends object>(typed: T, before: T, now: T): T {
  const isTouched = (field: keyof T) => JSON.stringify(typed[field]) !== JSON.stringify(before[field]);
  const fields = Object.keys(now) as (keyof T)[];
  return fields.reduce((all, field) => ({ ...all, [field]: isTouched(field) ? typed[field] : now[field] }), now);
}
