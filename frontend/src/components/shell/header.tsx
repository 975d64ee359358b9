import { ActionIcon, Group, Kbd, Text, UnstyledButton } from "@mantine/core";
import { IconLogout, IconMenu2, IconSearch, IconUserCircle, IconX } from "@tabler/icons-react";
import { Brand } from "./brand";
import { ACCOUNT } from "./pages";
import { LiveBadge } from "./live-badge";
import classes from "./shell.module.css";
import { ThemeToggle } from "./theme-toggle";
import { useSession, useUser } from "@/api/session";
import { Link } from "@/components/link";
import { signInTexts, texts } from "@/texts";

/** The bar at the top. */
export function Header(props: { isMenuOpen: boolean; onMenu: () => void; onFind: () => void }) {
  const MenuIcon = props.isMenuOpen ? IconX : IconMenu2;
  return (
    <header className={classes.header}>
      <a href="#content" className={classes.skip}>
        {texts.nav.skip}
      </a>
      <Group h="100%" px="md" justify="space-between" wrap="nowrap">
        <Group wrap="nowrap" gap="xs">
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            hiddenFrom="sm"
            aria-label={texts.nav.menu}
            aria-expanded={props.isMenuOpen}
            onClick={props.onMenu}
          >
            <MenuIcon size={22} aria-hidden />
          </ActionIcon>
          <Brand />
        </Group>
        <Group wrap="nowrap" gap="xs">
          <LiveBadge />
          <ActionIcon variant="default" size="lg" aria-label={texts.nav.find} onClick={props.onFind} hiddenFrom="sm">
            <IconSearch size={18} aria-hidden />
          </ActionIcon>
          <UnstyledButton onClick={props.onFind} visibleFrom="sm" px="xs" aria-label={`${texts.nav.find}: Ctrl K`}>
            <Group gap={6} wrap="nowrap">
              <IconSearch size={16} aria-hidden />
              <Kbd size="xs">Ctrl K</Kbd>
            </Group>
          </UnstyledButton>
          <ThemeToggle />
          <Person />
        </Group>
      </Group>
    </header>
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
