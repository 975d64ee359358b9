"use client";

import { Spotlight, spotlight } from "@mantine/spotlight";
import "@mantine/spotlight/styles.css";
import { IconSearch } from "@tabler/icons-react";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { ACCOUNT, sections } from "./pages";
import { useUser } from "@/api/session";
import { texts } from "@/texts";

/** Goes to a page by its name, from anywhere: Ctrl K. It opens as soon as it is there. */
export function Finder() {
  const router = useRouter();
  const { role } = useUser();
  useEffect(() => spotlight.open(), []);
  const pages = [...sections(role).flatMap((section) => section.pages), ACCOUNT];
  return (
    <Spotlight
      actions={pages.map(({ href, label, icon: Icon }) => ({
        id: href,
        label,
        onClick: () => router.push(href),
        leftSection: <Icon size={20} stroke={1.6} aria-hidden />,
      }))}
      nothingFound={texts.nav.nothingFound}
      highlightQuery
      // Mantine gives it no title that could name it.
      attributes={{ content: { "aria-label": texts.nav.find } }}
      searchProps={{
        leftSection: <IconSearch size={20} aria-hidden />,
        placeholder: texts.nav.findHint,
        "aria-label": texts.nav.find,
      }}
    />
  );
}
