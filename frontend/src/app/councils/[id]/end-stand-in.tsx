import { useEndDelegation } from "../acts";
import type { components } from "@/api/schema";
import { Ask } from "@/components/ask";
import { councilTexts } from "@/texts";

type Props = { delegation: components["schemas"]["Delegation"]; delegate: string; holder: string; onClose: () => void };

/** Asks once more, and ends that somebody stands in. */
export function EndStandIn({ delegation, delegate, holder, onClose }: Props) {
  const words = councilTexts.people;
  const end = useEndDelegation(delegation.council_id, delegation.id);
  return (
    <Ask isOpen onClose={onClose} title={words.endTitle} act={words.end} mutation={end}>
      {words.endBody(delegate, holder)}
    </Ask>
  );
}
