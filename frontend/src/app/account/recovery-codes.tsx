"use client";

import { Alert, Button, Code, CopyButton, Group, SimpleGrid, Stack } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import { download } from "@/components/download";
import { accountTexts, texts } from "@/texts";

/** Shows recovery codes the only time that they can be shown. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const text = codes.join("\n");
  return (
    <Stack>
      <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />}>
        {accountTexts.codesWarning}
      </Alert>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" verticalSpacing="xs" role="list" aria-label={accountTexts.codesTitle}>
        {codes.map((code) => (
          <Code key={code} block ta="center" role="listitem" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", overflow: "visible" }}>
            {code}
          </Code>
        ))}
      </SimpleGrid>
      <Group gap="xs" grow>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              onClick={copy}
              leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            >
              {copied ? texts.copied : accountTexts.copyCodes}
            </Button>
          )}
        </CopyButton>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => download(accountTexts.codesFile, [`${text}\n`], "text/plain")}
        >
          {accountTexts.download}
        </Button>
      </Group>
      <Button onClick={onDone}>{accountTexts.codesDone}</Button>
    </Stack>
  );
}
