import { type Priority, useSwitchQueue } from "./queries";
import { Ask } from "@/components/ask";
import { jobTexts } from "@/texts";

const words = jobTexts.queues;

type Props = { queue: Priority; to: "pause" | "resume"; onClose: () => void };

/** Asks before a queue is paused or resumed. */
export default function SwitchQueue({ queue, to, onClose }: Props) {
  const mutation = useSwitchQueue(queue, to);
  const name = words.names[queue] ?? queue;
  return to === "pause" ? (
    <Ask
      isOpen
      onClose={onClose}
      title={words.pauseTitle(name)}
      act={words.pause}
      isDangerous
      reason={{ label: words.reason, required: true }}
      mutation={mutation}
    >
      {words.pauseBody}
    </Ask>
  ) : (
    <Ask isOpen onClose={onClose} title={words.resumeTitle(name)} act={words.resume} mutation={mutation}>
      {words.resumeBody}
    </Ask>
  );
}
