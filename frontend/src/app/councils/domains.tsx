import { Badge, Group, Text } from "@mantine/core";
import type { Council } from "./queries";
import { councilTexts } from "@/texts";

/** The domains that a council answers for. */
export function Domains({ of: { domains, is_default } }: { of: Council }) {
  return (
    <Group gap={6} role="group" aria-label={councilTexts.domains}>
      {domains.map((domain) => (
        <Badge key={domain} variant="light" tt="none" radius="sm">
          {domain}
        </Badge>
      ))}
      {is_default && (
        <Text size="sm" c="dimmed">
          {councilTexts.everything}
        </Text>
      )}
    </Group>
  );
}
