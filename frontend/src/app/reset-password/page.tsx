"use client";

import { Anchor, Text } from "@mantine/core";
import { ChoosePassword } from "@/components/choose-password";
import { Link } from "@/components/link";
import { signInTexts } from "@/texts";

export default function ResetPassword() {
  return (
    <ChoosePassword
      title={signInTexts.resetTitle}
      lead={signInTexts.resetLead}
      endpoint="/api/auth/password-reset/redeem"
      gone={
        <Text size="sm">
          {signInTexts.goneReset}{" "}
          <Anchor component={Link} href="/forgot-password" size="sm" underline="always">
            {signInTexts.another}
          </Anchor>
        </Text>
      }
    />
  );
}
