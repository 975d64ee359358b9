import { Center, Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { ThemeToggle } from "./shell/theme-toggle";
import { texts } from "@/texts";

/** The frame of what is seen without being signed in: one form. */
export function Door(props: { title?: string; onSubmit?: (event: FormEvent) => void; children: ReactNode }) {
  const content = (
    <Stack>
      <Group justify="space-between" align="start" wrap="nowrap">
        <div>
          <Title order={1} size="h2">
            {props.title ?? texts.product}
          </Title>
          <Text c="dimmed">{props.title ? texts.product : texts.purpose}</Text>
        </div>
        <ThemeToggle />
      </Group>
      {props.children}
    </Stack>
  );
  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder shadow="sm" p="xl" w={400} maw="100%">
        {props.onSubmit ? <form onSubmit={props.onSubmit}>{content}</form> : content}
      </Paper>
    </Center>
  );
}
