"use client";

import { Button } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { Inbox } from "./inbox/inbox";
import { useUser } from "@/api/session";
import { Empty } from "@/components/empty";
import { Link } from "@/components/link";
import { Page } from "@/components/page";
import { inboxTexts } from "@/texts";

export default function Home() {
  const { role } = useUser();
  if (role !== "viewer") return <Inbox />;
  return (
    <Page title={inboxTexts.title}>
      <Empty title={inboxTexts.emptyViewer} hint={inboxTexts.emptyViewerHint} icon={IconEye}>
        <Button component={Link} href="/workflows" variant="default" mt="sm">
          {inboxTexts.allWorkflows}
        </Button>
      </Empty>
    </Page>
  );
}
