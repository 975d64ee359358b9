import { useRevoke } from "../acts";
import { Ask } from "@/components/ask";
import { councilTexts } from "@/texts";

const words = councilTexts.mandates;

/** Asks why a mandate is revoked, and revokes it. */
export function Revoke({ mandate, onClose }: { mandate: { id: string }; onClose: () => void }) {
  const revoke = useRevoke(mandate.id);
  return (
    <Ask
      isOpen
      onClose={onClose}
      title={words.revokeTitle}
      act={words.revoke}
      isDangerous
      reason={{ label: words.reason, required: true }}
      mutation={revoke}
    >
      {words.revokeBody}
    </Ask>
  );
}
