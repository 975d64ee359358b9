import { Center, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconMoodEmpty } from "@tabler/icons-react";
import type { ReactNode } from "react";

type Props = {
  title: string;
  /** What would have to happen for something to be here. */
  hint?: ReactNode;
  icon?: typeof IconMoodEmpty;
  /** What to do about it. */
  children?: ReactNode;
};

/** Says that there is nothing, and why. */
export function Empty({ title, hint, icon: Icon = IconMoodEmpty, children }: Props) {
  return (
    <Center mih={220}>
      <Stack align="center" gap={6} ta="center" maw={420}>
        <ThemeIcon size={52} radius="xl" variant="light" aria-hidden>
          <Icon size={28} stroke={1.5} />
        </ThemeIcon>
        <Text fw={600}>{title}</Text>
        {hint && (
          <Text c="dimmed" size="sm" component="div">
            {hint}
          </Text>
        )}
        {children}
      </Stack>
    </Center>
  );
}
