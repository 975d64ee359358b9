"use client";

import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { IconSunMoon } from "@tabler/icons-react";
import { en } from "@/texts/en";

export function ThemeToggle() {
  const { toggleColorScheme } = useMantineColorScheme();
  return (
    <ActionIcon variant="default" aria-label={en.theme} onClick={toggleColorScheme}>
      <IconSunMoon size={18} aria-hidden />
    </ActionIcon>
  );
}
