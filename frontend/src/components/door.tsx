import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import classes from "./door.module.css";
import { Mark } from "./shell/mark";
import { ThemeToggle } from "./shell/theme-toggle";
import { texts } from "@/texts";

type Props = {
  /** What is to be done here; the window is called so, too. */
  title: string;
  /** A sentence on it. */
  lead?: ReactNode;
  onSubmit?: (event: FormEvent) => void;
  children: ReactNode;
};

/** The frame of what is seen without being signed in: the product, and one form. */
export function Door({ title, lead, onSubmit, children }: Props) {
  const content = (
    <Stack>
      <div>
        <Title order={1} size="h3">
          {title}
        </Title>
        {lead && (
          <Text c="dimmed" size="sm" mt={4} component="div" style={{ overflowWrap: "anywhere" }}>
            {lead}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  );
  return (
    <main className={classes.door}>
      <title>{`${title} · ${texts.product}`}</title>
      <div className={classes.theme}>
        <ThemeToggle />
      </div>
      <Stack className={classes.frame} gap="lg">
        <Group gap="sm" wrap="nowrap" justify="center">
          <Mark size={40} />
          <div>
            <Text fw={650} size="lg" lh={1.2}>
              {texts.product}
            </Text>
            <Text c="dimmed" size="sm">
              {texts.purpose}
            </Text>
          </div>
        </Group>
        <Paper withBorder shadow="md" p="xl" radius="lg">
          {onSubmit ? <form onSubmit={onSubmit}>{content}</form> : content}
        </Paper>
      </Stack>
    </main>
  );
}
