"use client";

import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { IconSunMoon } from "@tabler/icons-react";
import { texts } from "@/texts";

export function ThemeToggle() {
  const { toggleColorScheme } = useMantineColorScheme();
  return (
    <ActionIcon variant="default" size="lg" aria-label={texts.theme} onClick={toggleColorScheme}>
      <IconSunMoon size={18} aria-hidden />
    </ActionIcon>
  );
}
