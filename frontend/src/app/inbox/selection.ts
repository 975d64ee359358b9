import { useState } from "react";
import type { Summary } from "../queries";

type Selected = { workflow: Summary; index: number };

/**
 * Which proposal is looked at. It stays the same whatever arrives before it; when it leaves the list by somebody else's act, it
 * is still shown, so that nobody votes on the one that took its place.
 */
export function useSelection(rows: Summary[], startsWithFirst: boolean) {
  const [selected, setSelected] = useState<Selected | null>(null);
  const first = rows[0];
  if (selected === null && startsWithFirst && first) setSelected({ workflow: first, index: 0 });
  const index = selected ? rows.findIndex(({ id }) => id === selected.workflow.id) : -1;
  const listed = rows[index];
  if (selected && listed && (listed !== selected.workflow || index !== selected.index)) {
    setSelected({ workflow: listed, index });
  }
  const select = (at: number): Summary | null => {
    const workflow = rows[Math.max(0, Math.min(at, rows.length - 1))];
    setSelected(workflow ? { workflow, index: rows.indexOf(workflow) } : null);
    return workflow ?? null;
  };
  return {
    workflow: selected?.workflow ?? null,
    isListed: index >= 0,
    selectId: (id: string) => select(rows.findIndex((row) => row.id === id)),
    /** From one that has left the list, the next is the one in its place. */
    next: () => select(index >= 0 ? index + 1 : (selected?.index ?? 0)),
    previous: () => select((selected?.index ?? 0) - 1),
    /** Looks at the one after this one, or the one before when it is the last, as this one leaves. */
    leave: (id: string) => {
      const at = rows.findIndex((row) => row.id === id);
      const after = rows[at + 1] ?? rows[at - 1];
      setSelected(after ? { workflow: after, index: rows.indexOf(after) } : null);
      return after ?? null;
    },
    close: () => setSelected(null),
  };
}
