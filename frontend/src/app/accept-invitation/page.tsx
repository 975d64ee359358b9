import { ChoosePassword } from "@/components/choose-password";
import { en } from "@/texts/en";

export default function AcceptInvitation() {
  return <ChoosePassword title={en.password.invitationTitle} endpoint="/api/auth/invitations/accept" />;
}
