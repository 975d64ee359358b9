import { Button } from "@mantine/core";
import { IconPencil, IconPlayerPause, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import type { Schedule } from "../queries";
import { jobTexts } from "@/texts";

const Asked = dynamic(() => import("./asked"), { ssr: false });

const words = jobTexts.schedules;
export type Act = "pause" | "resume" | "remove";

/** What can be done with a schedule. */
export function Acts({ schedule, edit }: { schedule: Schedule; edit: () => void }) {
  const [act, setAct] = useState<Act | null>(null);
  const isPaused = schedule.state === "paused";
  return (
    <>
      <Button variant="default" leftSection={<IconPencil size={16} aria-hidden />} onClick={edit}>
        {words.edit}
      </Button>
      <Button
        variant="default"
        leftSection={isPaused ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />}
        onClick={() => setAct(isPaused ? "resume" : "pause")}
      >
        {isPaused ? words.resume : words.pause}
      </Button>
      <Button variant="default" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAct("remove")}>
        {words.remove}
      </Button>
      {act && <Asked act={act} schedule={schedule} onClose={() => setAct(null)} />}
    </>
  );
}
