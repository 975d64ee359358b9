"use client";

import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Copy } from "./code";
import { Dialog } from "./dialog";
import { texts } from "@/texts";

type Props = {
  title?: string;
  /** What it is, such as "the key". */
  label: string;
  /** The secret; null while there is none to show. */
  value: string | null;
  /** What it is for, and where it belongs. */
  hint?: string;
  /** How it is used, below it. */
  children?: ReactNode;
  onClose: () => void;
};

/** Shows a secret the only time that it can be shown; it can't be closed by accident. */
export function ShownOnce({ title = texts.once.title, label, value, hint, children, onClose }: Props) {
  return (
    <Dialog
      opened={value !== null}
      onClose={onClose}
      title={title}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />}>
          {texts.once.warning}
        </Alert>
        {hint && <Text size="sm">{hint}</Text>}
        <Group wrap="nowrap" gap="xs">
          <Code block flex={1} data-testid="shown-once" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
            {value}
          </Code>
          <Copy text={value ?? ""} label={label} />
        </Group>
        {children}
        <Button onClick={onClose}>{texts.once.done}</Button>
      </Stack>
    </Dialog>
  );
}
