"use client";

import { Anchor, Group } from "@mantine/core";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ComponentProps } from "react";
import classes from "./jobs.module.css";
import { Page } from "@/components/page";
import { jobTexts } from "@/texts";

const words = jobTexts.nav;
const PAGES = [
  { href: "/jobs", label: words.overview },
  { href: "/jobs/workers", label: words.workers },
];

/** A page of jobs, with the way to the others. */
export function JobsPage({ children, ...page }: ComponentProps<typeof Page>) {
  const path = usePathname();
  return (
    <Page {...page}>
      <nav aria-label={words.label} className={classes.nav}>
        <Group gap={4}>
          {PAGES.map(({ href, label }) => (
            <Anchor
              key={href}
              component={Link}
              href={href}
              aria-current={path === href ? "page" : undefined}
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
