import { ChoosePassword } from "@/components/choose-password";
import { texts } from "@/texts";

export default function AcceptInvitation() {
  return <ChoosePassword title={texts.signIn.invitationTitle} endpoint="/api/auth/invitations/accept" />;
}
