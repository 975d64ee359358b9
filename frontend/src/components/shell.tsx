"use client";

import { AppShell, Burger, Button, Center, Group, Loader, NavLink, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconGavel, IconInbox, IconListDetails } from "@tabler/icons-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { SignIn } from "./sign-in";
import { ThemeToggle } from "./theme-toggle";
import { useSession } from "@/api/session";
import { en } from "@/texts/en";

const PAGES = [
  { href: "/", label: en.nav.inbox, icon: IconInbox },
  { href: "/workflows", label: en.nav.workflows, icon: IconListDetails },
  { href: "/councils", label: en.nav.councils, icon: IconGavel },
];

/** Pages for who can't sign in yet: the links of mails lead there. */
const OPEN_PAGES = ["/forgot-password", "/reset-password", "/accept-invitation"];

/** The frame of every page. Who is not signed in sees the sign-in form in its place, and afterwards the page. */
export function Shell({ children }: { children: ReactNode }) {
  const { user, signOut } = useSession();
  const [open, { toggle, close }] = useDisclosure(false);
  const path = usePathname();
  if (OPEN_PAGES.includes(path)) return children;
  if (user === undefined) {
    return (
      <Center mih="100dvh">
        <Loader aria-label={en.loading} />
      </Center>
    );
  }
  if (!user) return <SignIn />;
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !open } }}
      padding="lg"
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group wrap="nowrap" gap="xs">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={en.menu} />
            <Title order={1} size="h4">
              {en.product}
            </Title>
          </Group>
          <Group wrap="nowrap" gap="xs">
            <Text size="sm" visibleFrom="sm">
              {user.name}
            </Text>
            <ThemeToggle />
            <Button variant="default" size="xs" onClick={signOut}>
              {en.signIn.out}
            </Button>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        {PAGES.map(({ href, label, icon: Icon }) => (
          <NavLink
            key={href}
            component={Link}
            href={href}
            label={label}
            leftSection={<Icon size={18} aria-hidden />}
            active={href === "/" ? path === "/" : path.startsWith(href)}
            onClick={close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main maw={1200}>{children}</AppShell.Main>
    </AppShell>
  );
}
