"use client";

import { AppShell, Center, Loader } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import dynamic from "next/dynamic";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { Header } from "./header";
import { Navigation } from "./navigation";
import { OfflineBanner } from "./offline-banner";
import classes from "./shell.module.css";
import { LiveProvider } from "@/api/live";
import { useSession } from "@/api/session";
import { texts } from "@/texts";

/** Pages for who can't sign in yet: the links of mails lead there. */
const OPEN_PAGES = ["/forgot-password", "/reset-password", "/accept-invitation"];

const SignIn = dynamic(() => import("../sign-in").then((module) => module.SignIn));
const Finder = dynamic(() => import("./finder").then((module) => module.Finder), { ssr: false });

/** The frame of every page. Who is not signed in sees the sign-in form in its place, and afterwards the page. */
export function Shell({ children }: { children: ReactNode }) {
  const { user } = useSession();
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const path = usePathname();
  if (OPEN_PAGES.includes(path)) return children;
  if (user === undefined) {
    return (
      <Center mih="100dvh">
        <title>{texts.product}</title>
        <Loader aria-label={texts.loading} />
      </Center>
    );
  }
  if (!user) return <SignIn />;
  return (
    <LiveProvider>
      <AppShell
        header={{ height: 56 }}
        navbar={{ width: 228, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
        padding={{ base: "md", sm: "lg" }}
      >
        <Header isOpen={isOpen} onToggle={toggle} />
        <Navigation onNavigate={close} />
        <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
          <div className={classes.content}>
            <OfflineBanner />
            {children}
          </div>
        </AppShell.Main>
      </AppShell>
      <Finder />
    </LiveProvider>
  );
}
