import { ActionIcon, AppShell, Burger, Group, Kbd, Text, UnstyledButton } from "@mantine/core";
import { IconLogout, IconSearch, IconUserCircle } from "@tabler/icons-react";
import Link from "next/link";
import { Brand } from "./brand";
import { ACCOUNT } from "./pages";
import { LiveBadge } from "./live-badge";
import classes from "./shell.module.css";
import { ThemeToggle } from "./theme-toggle";
import { useSession, useUser } from "@/api/session";
import { signInTexts, texts } from "@/texts";

// Its code is fetched when somebody wants it.
const openFinder = () => void import("@mantine/spotlight").then(({ spotlight }) => spotlight.open());

/** The bar at the top. */
export function Header({ isOpen, onToggle }: { isOpen: boolean; onToggle: () => void }) {
  return (
    <AppShell.Header>
      <a href="#content" className={classes.skip}>
        {texts.nav.skip}
      </a>
      <Group h="100%" px="md" justify="space-between" wrap="nowrap">
        <Group wrap="nowrap" gap="xs">
          <Burger opened={isOpen} onClick={onToggle} hiddenFrom="sm" size="sm" aria-label={texts.nav.menu} />
          <Brand />
        </Group>
        <Group wrap="nowrap" gap="xs">
          <LiveBadge />
          <ActionIcon variant="default" size="lg" aria-label={texts.nav.find} onClick={openFinder} hiddenFrom="sm">
            <IconSearch size={18} aria-hidden />
          </ActionIcon>
          <UnstyledButton onClick={openFinder} visibleFrom="sm" px="xs" aria-label={texts.nav.find}>
            <Group gap={6} wrap="nowrap">
              <IconSearch size={16} aria-hidden />
              <Kbd size="xs">Ctrl K</Kbd>
            </Group>
          </UnstyledButton>
          <ThemeToggle />
          <Person />
        </Group>
      </Group>
    </AppShell.Header>
  );
}

/** Who is signed in, which leads to their account, and the way out. */
function Person() {
  const user = useUser();
  const { signOut } = useSession();
  return (
    <>
      <UnstyledButton
        component={Link}
        href={ACCOUNT.href}
        aria-label={`${texts.nav.account}: ${user.name}`}
        title={`${user.email}, ${texts.roles[user.role]}`}
      >
        <Group gap={4} wrap="nowrap">
          <IconUserCircle size={22} stroke={1.6} aria-hidden />
          <Text size="sm" visibleFrom="sm" maw={160} truncate>
            {user.name}
          </Text>
        </Group>
      </UnstyledButton>
      <ActionIcon variant="default" size="lg" aria-label={signInTexts.out} title={signInTexts.out} onClick={signOut}>
        <IconLogout size={18} aria-hidden />
      </ActionIcon>
    </>
  );
}
