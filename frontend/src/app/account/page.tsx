"use client";

import { SimpleGrid, Stack } from "@mantine/core";
import { Appearance } from "./appearance";
import { Factor } from "./factor";
import { PasswordForm } from "./password-form";
import { Sessions } from "./sessions";
import { You } from "./you";
import { useUser } from "@/api/session";
import { Page } from "@/components/page";
import { accountTexts } from "@/texts";

export default function Account() {
  const { email } = useUser();
  return (
    <Page title={accountTexts.title} description={email}>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Stack gap="md">
          <You />
          <Appearance />
        </Stack>
        <Stack gap="md">
          <Factor />
          <PasswordForm />
        </Stack>
      </SimpleGrid>
      <Sessions />
    </Page>
  );
}
