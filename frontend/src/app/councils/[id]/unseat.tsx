import { useUnseat } from "../acts";
import type { Council } from "../queries";
import { Ask } from "@/components/ask";
import { councilTexts } from "@/texts";

type Props = { council: string; holder: Council["seats"][number]; onClose: () => void };

/** Takes a seat; the API refuses where a policy could then not be met, and its sentence is shown. */
export function Unseat({ council, holder, onClose }: Props) {
  const words = councilTexts.people;
  const unseat = useUnseat(council, holder.user_id);
  return (
    <Ask isOpen onClose={onClose} title={words.removeTitle} act={words.remove} isDangerous mutation={unseat}>
      {words.removeBody(holder.name)}
    </Ask>
  );
}
