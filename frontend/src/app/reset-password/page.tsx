import { ChoosePassword } from "@/components/choose-password";
import { signInTexts } from "@/texts";

export default function ResetPassword() {
  return <ChoosePassword title={signInTexts.resetTitle} endpoint="/api/auth/password-reset/redeem" />;
}
