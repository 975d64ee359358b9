"use client";

import { Center, Loader } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import dynamic from "next/dynamic";
import { usePathname } from "next/navigation";
import { type ReactNode, useState } from "react";
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
      <Frame>{children}</Frame>
    </LiveProvider>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const [isMenuOpen, menu] = useDisclosure(false);
  // The finder's code is fetched when it is first wanted; from then on it listens for its keys itself.
  const [isFinderWanted, setFinderWanted] = useState(false);
  const find = () => {
    if (isFinderWanted) void import("@mantine/spotlight").then(({ spotlight }) => spotlight.open());
    setFinderWanted(true);
  };
  useHotkeys(isFinderWanted ? [] : [["mod+K", find]]);
  return (
    <div className={classes.frame}>
      <Header isMenuOpen={isMenuOpen} onMenu={menu.toggle} onFind={find} />
      <Navigation isOpen={isMenuOpen} onNavigate={menu.close} />
      <main id="content" tabIndex={-1} className={classes.main}>
        <div className={classes.content}>
          <OfflineBanner />
          {children}
        </div>
      </main>
      {isFinderWanted && <Finder />}
    </div>
  );
}
