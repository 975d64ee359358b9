import { Button } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import type { Incident } from "./queries";
import { useIsAdmin } from "@/api/session";
import { absolute } from "@/components/time";
import { healthTexts as words } from "@/texts";

const Note = dynamic(() => import("./note"), { ssr: false });

/** For admins: says something about an incident. */
export function EditNote({ incident, part }: { incident: Incident; part: string }) {
  const isAdmin = useIsAdmin();
  const [isOpen, setOpen] = useState(false);
  if (!isAdmin) return null;
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={words.editOf(part, absolute(incident.opened_at))}
        onClick={() => setOpen(true)}
      >
        {words.edit}
      </Button>
      {isOpen && <Note incident={incident} part={part} onClose={() => setOpen(false)} />}
    </>
  );
}
