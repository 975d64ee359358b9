import { ActionIcon, AppShell, Burger, Group, Kbd, Menu, Text, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconLogout, IconSearch, IconUserCircle } from "@tabler/icons-react";
import Link from "next/link";
import { Brand } from "./brand";
import { LiveBadge } from "./live-badge";
import { ThemeToggle } from "./theme-toggle";
import { useSession, useUser } from "@/api/session";
import { texts } from "@/texts";

// Its code is fetched when somebody wants it.
const openFinder = () => void import("@mantine/spotlight").then(({ spotlight }) => spotlight.open());

/** The bar at the top. */
export function Header({ isOpen, onToggle }: { isOpen: boolean; onToggle: () => void }) {
  return (
    <AppShell.Header>
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

function Person() {
  const user = useUser();
  const { signOut } = useSession();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton aria-label={`${texts.nav.you}: ${user.name}`}>
          <Group gap={4} wrap="nowrap">
            <IconUserCircle size={22} stroke={1.6} aria-hidden />
            <Text size="sm" visibleFrom="sm" maw={160} truncate>
              {user.name}
            </Text>
            <IconChevronDown size={14} aria-hidden />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.email}
          <br />
          {texts.roles[user.role]}
        </Menu.Label>
        <Menu.Item component={Link} href="/account" leftSection={<IconUserCircle size={16} aria-hidden />}>
          {texts.nav.account}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={signOut}>
          {texts.signIn.out}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
