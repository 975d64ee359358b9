import { Card, Group, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

type Props = {
  title: string;
  /** What stands beside the title. */
  aside?: ReactNode;
  description?: ReactNode;
  children: ReactNode;
};

/** A part of a page, in a frame, under a heading. */
export function Section({ title, aside, description, children }: Props) {
  const id = useId();
  return (
    <Card withBorder component="section" aria-labelledby={id} padding="lg">
      <Group justify="space-between" mb={description ? 0 : "sm"} gap="xs">
        <Title order={2} size="h4" id={id}>
          {title}
        </Title>
        {aside}
      </Group>
      {description && (
        <Text c="dimmed" size="sm" mb="sm" component="div">
          {description}
        </Text>
      )}
      {children}
    </Card>
  );
}
