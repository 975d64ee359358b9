"use client";

import dynamic from "next/dynamic";
import { useParams } from "next/navigation";
import { useType } from "../../queries";
import { Loaded, Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { texts, typeTexts } from "@/texts";

const Editor = dynamic(() => import("../../editor"), { ssr: false, loading: () => <Loading lines={8} /> });

export default function EditTypePage() {
  return (
    <OnlyAdmins>
      <Edit />
    </OnlyAdmins>
  );
}

function Edit() {
  const id = decodeURIComponent(useParams<{ id: string }>().id);
  const type = useType(id, undefined, true);
  const here = `/types/${encodeURIComponent(id)}`;
  // What was kept from an earlier visit may be an old version: what is written here begins with the one that is current now.
  if (!type.isFetchedAfterMount) return <Loading lines={8} />;
  return (
    <Loaded query={type} skeleton={<Loading lines={8} />}>
      {(tagged) => (
        <Page
          title={typeTexts.edit}
          description={tagged.value.name}
          path={[
            { href: "/types", label: texts.nav.types },
            { href: here, label: tagged.value.name },
          ]}
        >
          {/* What others save meanwhile does not take away what is being written here. */}
          <Editor key={id} from={tagged} />
        </Page>
      )}
    </Loaded>
  );
}
