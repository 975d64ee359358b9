import { ChoosePassword } from "@/components/choose-password";
import { en } from "@/texts/en";

export default function ResetPassword() {
  return <ChoosePassword title={en.password.resetTitle} endpoint="/api/auth/password-reset/redeem" />;
}
