"use client";

import { Button } from "@mantine/core";
import { IconError404 } from "@tabler/icons-react";
import { Empty } from "@/components/empty";
import { Link } from "@/components/link";
import { Page } from "@/components/page";
import { texts } from "@/texts";

export default function NotFound() {
  return (
    <Page title={texts.notFound}>
      <Empty title={texts.notFoundHint} icon={IconError404}>
        <Button component={Link} href="/" mt="sm">
          {texts.toInbox}
        </Button>
      </Empty>
    </Page>
  );
}
