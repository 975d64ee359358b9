import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Empty } from "./empty";
import { useIsAdmin } from "@/api/session";
import { texts } from "@/texts";

/** What only admins see; others are told so. The API would refuse them anyway. */
export function OnlyAdmins({ children }: { children: ReactNode }) {
  return useIsAdmin() ? children : <Empty title={texts.onlyAdmins} icon={IconLock} />;
}
