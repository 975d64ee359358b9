"use client";

import { Anchor, Group } from "@mantine/core";
import { usePathname } from "next/navigation";
import type { ComponentProps } from "react";
import classes from "./jobs.module.css";
import { useIsAdmin } from "@/api/session";
import { Link } from "@/components/link";
import { Page } from "@/components/page";
import { jobTexts } from "@/texts";

const words = jobTexts.nav;
const PAGES = [
  { href: "/jobs", label: words.overview },
  { href: "/jobs/schedules", label: words.schedules },
  { href: "/jobs/workers", label: words.workers },
];
const FOR_ADMINS = [{ href: "/jobs/dead-letters", label: words.deadLetters }];

/** A page of jobs, with the way to the others. */
export function JobsPage({ children, ...page }: ComponentProps<typeof Page>) {
  const path = usePathname();
  const isAdmin = useIsAdmin();
  const pages = isAdmin ? [...PAGES, ...FOR_ADMINS] : PAGES;
  return (
    <Page {...page}>
      <nav aria-label={words.label} className={classes.nav}>
        <Group gap={4}>
          {pages.map(({ href, label }) => (
            <Anchor
              key={href}
              component={Link}
              href={href}
              aria-current={path === href || (href !== "/jobs" && path.startsWith(`${href}/`)) ? "page" : undefined}
              className={classes.tab}
              underline="never"
            >
              {label}
            </Anchor>
          ))}
        </Group>
      </nav>
      {children}
    </Page>
  );
}
