import { AppShell, Badge, NavLink, Text } from "@mantine/core";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { isActive, sections } from "./pages";
import { useInboxCount } from "@/app/queries";
import { useUser } from "@/api/session";
import { texts } from "@/texts";

/** The menu at the side. */
export function Navigation({ onNavigate }: { onNavigate: () => void }) {
  const { role } = useUser();
  const path = usePathname();
  const waiting = useInboxCount();
  return (
    <AppShell.Navbar p="xs" aria-label={texts.nav.label}>
      <AppShell.Section grow style={{ overflowY: "auto" }}>
        {sections(role).map(({ label, pages }) => (
          <div key={label} role="group" aria-label={label}>
            <Text size="xs" fw={600} c="dimmed" px="sm" pt="md" pb={4}>
              {label}
            </Text>
            {pages.map((page) => (
              <NavLink
                key={page.href}
                component={Link}
                href={page.href}
                label={page.label}
                leftSection={<page.icon size={18} stroke={1.7} aria-hidden />}
                rightSection={page.href === "/" && waiting ? <Badge circle={waiting < 10}>{waiting}</Badge> : null}
                active={isActive(page, path)}
                aria-current={isActive(page, path) ? "page" : undefined}
                onClick={onNavigate}
                style={{ borderRadius: "var(--mantine-radius-md)" }}
              />
            ))}
          </div>
        ))}
      </AppShell.Section>
    </AppShell.Navbar>
  );
}
