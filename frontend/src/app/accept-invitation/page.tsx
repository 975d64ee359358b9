import { ChoosePassword } from "@/components/choose-password";
import { signInTexts } from "@/texts";

export default function AcceptInvitation() {
  return <ChoosePassword title={signInTexts.invitationTitle} endpoint="/api/auth/invitations/accept" />;
}
