"use client";

import { IconEye } from "@tabler/icons-react";
import { useSearchParams } from "next/navigation";
import { Suspense } from "react";
import { Choose } from "./choose";
import { useEarlier } from "./queries";
import { Write } from "./write";
import { useSession } from "@/api/session";
import { Empty } from "@/components/empty";
import { Loaded, Loading } from "@/components/loaded";
import { Page } from "@/components/page";
import { proposeTexts } from "@/texts";

export default function ProposePage() {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <Propose />
    </Suspense>
  );
}

function Propose() {
  const { user } = useSession();
  const query = useSearchParams();
  const type = query.get("type");
  const from = query.get("from");
  const earlier = useEarlier(user?.role === "viewer" ? null : from);
  if (user?.role === "viewer") {
    return (
      <Page title={proposeTexts.title}>
        <Empty icon={IconEye} title={proposeTexts.onlyLook} hint={proposeTexts.onlyLookHint} />
      </Page>
    );
  }
  const supersedes = query.get("supersedes");
  if (from) {
    return (
      <Loaded query={earlier}>
        {(workflow) => (
          <Write key={from} id={type ?? workflow.workflow_type.id} earlier={workflow} supersedes={supersedes} />
        )}
      </Loaded>
    );
  }
  return type ? <Write key={type} id={type} earlier={null} supersedes={supersedes} /> : <Choose />;
}
