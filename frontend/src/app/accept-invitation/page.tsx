"use client";

import { Text } from "@mantine/core";
import { ChoosePassword } from "@/components/choose-password";
import { signInTexts } from "@/texts";

export default function AcceptInvitation() {
  return (
    <ChoosePassword
      title={signInTexts.invitationTitle}
      lead={signInTexts.invitationLead}
      endpoint="/api/auth/invitations/accept"
      gone={<Text size="sm">{signInTexts.goneInvitation}</Text>}
    />
  );
}
