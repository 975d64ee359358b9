"use client";

import dynamic from "next/dynamic";
import { Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { texts, typeTexts } from "@/texts";

const Editor = dynamic(() => import("../editor"), { ssr: false, loading: () => <Loading lines={8} /> });

export default function NewTypePage() {
  return (
    <OnlyAdmins>
      <Page title={typeTexts.new} description={typeTexts.newPurpose} path={[{ href: "/types", label: texts.nav.types }]}>
        <Editor from={null} />
      </Page>
    </OnlyAdmins>
  );
}
