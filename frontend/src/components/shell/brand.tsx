import { Group, Text } from "@mantine/core";
import { Mark } from "./mark";
import { Link } from "@/components/link";
import { texts } from "@/texts";

/** The product's name, which leads to the first page. */
export function Brand() {
  return (
    <Link href="/" aria-label={texts.product} style={{ color: "inherit", textDecoration: "none" }}>
      <Group gap={8} wrap="nowrap">
        <Mark size={24} />
        <Text fw={650} visibleFrom="xs" style={{ whiteSpace: "nowrap" }}>
          {texts.product}
        </Text>
      </Group>
    </Link>
  );
}
