import { useState } from "react";
import type { Summary } from "../queries";

/** How many proposals have come since the list was last as it is now; for who can't see them appear. */
export function useArrivals(workflows: Summary[]): number {
  const [known, setKnown] = useState({ workflows, arrived: 0 });
  if (known.workflows !== workflows) {
    const before = new Set(known.workflows.map(({ id }) => id));
    setKnown({ workflows, arrived: workflows.filter(({ id }) => !before.has(id)).length });
  }
  return known.arrived;
}
