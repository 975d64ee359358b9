import type { WorkflowType } from "./queries";

/** The types of a domain that have every word somewhere in what they are called or described as. */
export function matching(types: WorkflowType[], words: string | null, domain: string | null): WorkflowType[] {
  const wanted = (words ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return types.filter((type) => {
    if (domain && type.domain !== domain) return false;
    const text = `${type.name} ${type.id} ${type.domain} ${type.description}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** The domains that types belong to, by name. */
export const domainsOf = (types: WorkflowType[]) => [...new Set(types.map(({ domain }) => domain))].sort();
