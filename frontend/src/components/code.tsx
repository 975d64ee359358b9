"use client";

import { ActionIcon, Box, Code, CopyButton, Group } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { texts } from "@/texts";

/** A button that copies a text; `label` says which. */
export function Copy({ text, label }: { text: string; label: string }) {
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={texts.copyOf(label)}
          title={copied ? texts.copied : texts.copy}
          onClick={copy}
        >
          {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
        </ActionIcon>
      )}
    </CopyButton>
  );
}

/** A JSON value, laid out, with a button that copies it. */
export function Json({ value, label, maxHeight = 320 }: { value: unknown; label: string; maxHeight?: number }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <Box pos="relative">
      {/* Who has no mouse scrolls it with the keyboard. */}
      <Code block mah={maxHeight} style={{ overflow: "auto" }} tabIndex={0} role="group" aria-label={label}>
        {text}
      </Code>
      <Box pos="absolute" top={4} right={4}>
        <Copy text={text} label={label} />
      </Box>
    </Box>
  );
}

/** A digest or an id, shortened, with a button that copies it whole. */
export function Short({ of, label, length = 12 }: { of: string; label: string; length?: number }) {
  return (
    <Group gap={2} wrap="nowrap" display="inline-flex">
      <Code title={of}>{of.length > length ? `${of.slice(0, length)}…` : of}</Code>
      <Copy text={of} label={label} />
    </Group>
  );
}
