import { Badge, Text } from "@mantine/core";
import { usePathname } from "next/navigation";
import { isActive, sections } from "./pages";
import classes from "./shell.module.css";
import { useInboxCount } from "@/app/queries";
import { useUser } from "@/api/session";
import { Link } from "@/components/link";
import { texts } from "@/texts";

/** The menu at the side; on a phone, over the page. */
export function Navigation({ isOpen, onNavigate }: { isOpen: boolean; onNavigate: () => void }) {
  const { role } = useUser();
  const path = usePathname();
  const waiting = useInboxCount();
  return (
    <nav className={classes.menu} aria-label={texts.nav.label} data-open={isOpen || undefined}>
      {sections(role).map(({ label, pages }) => (
        <div key={label} role="group" aria-label={label}>
          <Text size="xs" fw={600} c="dimmed" px="sm" pt="md" pb={4}>
            {label}
          </Text>
          {pages.map((page) => (
            <Link
              key={page.href}
              href={page.href}
              className={classes.page}
              aria-current={isActive(page, path) ? "page" : undefined}
              onClick={onNavigate}
            >
              <page.icon size={18} stroke={1.7} aria-hidden />
              {page.label}
              {page.href === "/" && waiting ? (
                <Badge circle={waiting < 10} className={classes.count}>
                  {waiting}
                </Badge>
              ) : null}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}
