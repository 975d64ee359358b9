import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Empty } from "./empty";
import { Page } from "./page";
import { useIsAdmin } from "@/api/session";
import { texts } from "@/texts";

/** What only admins see; others are told so. The API would refuse them anyway. */
export function OnlyAdmins({ children }: { children: ReactNode }) {
  const isAdmin = useIsAdmin();
  if (isAdmin) return children;
  return (
    <Page title={texts.onlyAdminsTitle}>
      <Empty title={texts.onlyAdmins} icon={IconLock} />
    </Page>
  );
}
