import { ChoosePassword } from "@/components/choose-password";
import { texts } from "@/texts";

export default function ResetPassword() {
  return <ChoosePassword title={texts.signIn.resetTitle} endpoint="/api/auth/password-reset/redeem" />;
}
