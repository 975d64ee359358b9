import { useRouter } from "next/navigation";
import type { Act } from "./acts";
import { type Schedule, useRemove, useSwitch } from "../queries";
import { Ask } from "@/components/ask";
import { jobTexts } from "@/texts";

const words = jobTexts.schedules;

type Props = { schedule: Schedule; onClose: () => void };

/** Asks before a schedule is paused, resumed or deleted. */
export default function Asked({ act, ...props }: Props & { act: Act }) {
  return act === "remove" ? <Remove {...props} /> : <Switch to={act} {...props} />;
}

function Switch({ to, schedule, onClose }: Props & { to: "pause" | "resume" }) {
  const mutation = useSwitch(schedule.id, to);
  const [title, body, act] =
    to === "pause"
      ? [words.pauseTitle, words.pauseBody, words.pause]
      : [words.resumeTitle, words.resumeBody, words.resume];
  return (
    <Ask isOpen onClose={onClose} title={title} act={act} mutation={mutation}>
      {body}
    </Ask>
  );
}

function Remove({ schedule, onClose }: Props) {
  const router = useRouter();
  const mutation = useRemove(schedule.id, () => router.push("/jobs/schedules"));
  return (
    <Ask
      isOpen
      onClose={onClose}
      title={words.removeTitle}
      act={words.remove}
      isDangerous
      mustType={{ label: words.removeType, text: schedule.name }}
      mutation={mutation}
    >
      {words.removeBody}
    </Ask>
  );
}
