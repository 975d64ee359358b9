"use client";

import { Button } from "@mantine/core";
import { IconBug } from "@tabler/icons-react";
import { Empty } from "@/components/empty";
import { Page } from "@/components/page";
import { texts } from "@/texts";

export default function Broken({ reset }: { error: Error; reset: () => void }) {
  return (
    <Page title={texts.errors.broken}>
      <Empty title={texts.errors.brokenHint} icon={IconBug}>
        <Button onClick={reset} mt="sm">
          {texts.retry}
        </Button>
      </Empty>
    </Page>
  );
}
