import {
  IconActivity,
  IconBolt,
  IconFileCertificate,
  IconGavel,
  IconInbox,
  IconKey,
  IconListDetails,
  IconRobot,
  IconSend,
  IconTemplate,
  IconUserCircle,
  IconUsers,
  IconWebhook,
} from "@tabler/icons-react";
import type { Role } from "@/api/session";
import { texts } from "@/texts";

export type PageLink = { href: string; label: string; icon: typeof IconInbox };

const WORK: PageLink[] = [
  { href: "/", label: texts.nav.inbox, icon: IconInbox },
  { href: "/workflows", label: texts.nav.workflows, icon: IconListDetails },
  { href: "/propose", label: texts.nav.propose, icon: IconSend },
];
const RULES: PageLink[] = [
  { href: "/councils", label: texts.nav.councils, icon: IconGavel },
  { href: "/types", label: texts.nav.types, icon: IconTemplate },
];
const OPERATION: PageLink[] = [
  { href: "/jobs", label: texts.nav.jobs, icon: IconBolt },
  { href: "/health", label: texts.nav.health, icon: IconActivity },
];
const ADMINISTRATION: PageLink[] = [
  { href: "/admin/users", label: texts.nav.users, icon: IconUsers },
  { href: "/admin/agents", label: texts.nav.agents, icon: IconRobot },
  { href: "/admin/audit", label: texts.nav.audit, icon: IconFileCertificate },
  { href: "/admin/secrets", label: texts.nav.secrets, icon: IconKey },
  { href: "/admin/webhooks", label: texts.nav.webhooks, icon: IconWebhook },
];

export const ACCOUNT: PageLink = { href: "/account", label: texts.nav.account, icon: IconUserCircle };

/** The pages that somebody of this role finds in the menu. */
export function sections(role: Role): { label: string; pages: PageLink[] }[] {
  return [
    { label: texts.nav.work, pages: role === "viewer" ? WORK.filter(({ href }) => href === "/workflows") : WORK },
    { label: texts.nav.rules, pages: RULES },
    { label: texts.nav.operation, pages: OPERATION },
    ...(role === "admin" ? [{ label: texts.nav.administration, pages: ADMINISTRATION }] : []),
  ];
}

/** Whether the page at `path` belongs to the link. */
export function isActive({ href }: PageLink, path: string): boolean {
  return href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
}
