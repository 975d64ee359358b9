"use client";

import dynamic from "next/dynamic";
import { Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { councilTexts } from "@/texts";

const Found = dynamic(() => import("./found").then((m) => m.Found), { ssr: false, loading: () => <Loading lines={8} /> });

const PATH = [{ href: "/councils", label: councilTexts.title }];

export default function NewCouncilPage() {
  return (
    <Page title={councilTexts.new.title} description={councilTexts.new.purpose} path={PATH}>
      <OnlyAdmins>
        <Found />
      </OnlyAdmins>
    </Page>
  );
}
