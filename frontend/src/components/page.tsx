import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "./link";
import { texts } from "@/texts";

type Props = {
  /** What the page shows; the window is called so, too. */
  title: string;
  /** What stands beside the title, such as a status. */
  aside?: ReactNode;
  /** A sentence on what this is for. */
  description?: ReactNode;
  /** The pages above this one. */
  path?: { href: string; label: string }[];
  /** What can be done here. */
  actions?: ReactNode;
  children: ReactNode;
};

/** The head of a page and what it shows. */
export function Page({ title, aside, description, path = [], actions, children }: Props) {
  return (
    <Stack gap="md">
      <title>{`${title} · ${texts.product}`}</title>
      <div>
        {path.length > 0 && (
          <Breadcrumbs mb={4} separatorMargin={6}>
            {path.map(({ href, label }) => (
              <Anchor key={href} component={Link} href={href} size="sm">
                {label}
              </Anchor>
            ))}
          </Breadcrumbs>
        )}
        <Group justify="space-between" align="center" gap="sm">
          <Group gap="sm">
            <Title order={1} size="h2">
              {title}
            </Title>
            {aside}
          </Group>
          {actions && <Group gap="xs">{actions}</Group>}
        </Group>
        {description && (
          <Text c="dimmed" mt={2} component="div">
            {description}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  );
}
