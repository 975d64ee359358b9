import { useMemo } from "react";
import { useCouncils, useHealth } from "../queries";
import { councilTexts } from "@/texts";

/** Names people by id, as far as councils tell: who sits in any, and who could vote in this one. */
export function useNames(council: string): (id: string) => string {
  const councils = useCouncils();
  const health = useHealth(council, 90);
  return useMemo(() => {
    const names = new Map<string, string>();
    for (const { user_id, name } of health.data?.operators ?? []) names.set(user_id, name);
    for (const { user_id, name } of (councils.data ?? []).flatMap(({ seats }) => seats)) names.set(user_id, name);
    return (id: string) => names.get(id) ?? `${councilTexts.people.somebody} (${id.slice(-6)})`;
  }, [councils.data, health.data]);
}
