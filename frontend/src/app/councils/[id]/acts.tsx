"use client";

import { Button } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import type { Tagged } from "../queries";
import { useIsAdmin } from "@/api/session";
import { councilTexts } from "@/texts";

const Edit = dynamic(() => import("./edit").then((m) => m.Edit), { ssr: false });
const Retire = dynamic(() => import("./retire").then((m) => m.Retire), { ssr: false });

/** What an admin can do about the council as a whole. */
export function Acts({ tagged }: { tagged: Tagged }) {
  const [open, setOpen] = useState<"edit" | "retire" | null>(null);
  const isAdmin = useIsAdmin();
  if (!isAdmin) return null;
  const close = () => setOpen(null);
  return (
    <>
      <Button variant="default" onClick={() => setOpen("edit")}>
        {councilTexts.edit.act}
      </Button>
      {/* What no other council answers for has to go somewhere. */}
      {!tagged.value.is_default && (
        <Button variant="default" onClick={() => setOpen("retire")}>
          {councilTexts.retire.act}
        </Button>
      )}
      {open === "edit" && <Edit tagged={tagged} onClose={close} />}
      {open === "retire" && <Retire tagged={tagged} onClose={close} />}
    </>
  );
}
