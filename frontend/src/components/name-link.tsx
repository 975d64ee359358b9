import { Anchor, Text } from "@mantine/core";
import { Link } from "./link";

/** A name that leads to its page, with a quiet line below it. */
export function NameLink({ href, name, below }: { href: string; name: string; below?: string }) {
  return (
    <>
      <Anchor component={Link} href={href} size="sm" fw={550}>
        {name}
      </Anchor>
      {below && (
        <Text size="xs" c="dimmed">
          {below}
        </Text>
      )}
    </>
  );
}
