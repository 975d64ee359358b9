"use client";

import { Alert, Anchor, Button, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useType } from "../types/queries";
import type { components } from "@/api/schema";
import { Link } from "@/components/link";
import { Loaded, Loading } from "@/components/loaded";
import { Page } from "@/components/page";
import { proposeTexts, texts } from "@/texts";

const Form = dynamic(() => import("./form"), { ssr: false, loading: () => <Loading lines={8} /> });

type Props = {
  /** Of which type. */
  id: string;
  /** The workflow whose inputs it begins with. */
  earlier: components["schemas"]["Detail"] | null;
  /** The proposal whose place it takes. */
  supersedes: string | null;
};

/** Writes a proposal of a type. */
export function Write({ id, earlier, supersedes }: Props) {
  const type = useType(id);
  const isSame = earlier?.workflow_type.id === id;
  return (
    <Loaded query={type}>
      {({ value }) => (
        <Page
          title={value.name}
          description={value.description}
          path={[{ href: "/propose", label: texts.nav.propose }]}
          actions={
            <>
              <Button component={Link} href={`/types/${encodeURIComponent(id)}`} variant="default">
                {proposeTexts.aboutType}
              </Button>
              <Button component={Link} href="/propose" variant="default">
                {proposeTexts.another}
              </Button>
            </>
          }
        >
          {earlier && (
            <Text size="sm" c="dimmed">
              {isSame ? proposeTexts.from : proposeTexts.fromOther(earlier.workflow_type.name)}
            </Text>
          )}
          {supersedes && (
            <Alert color="yellow">
              {proposeTexts.supersedes}{" "}
              <Anchor component={Link} href={`/workflows/${supersedes}`} inherit>
                {proposeTexts.supersedesLink}
              </Anchor>
            </Alert>
          )}
          <Form key={value.id} type={value} earlier={isSame ? earlier : null} supersedes={supersedes} />
        </Page>
      )}
    </Loaded>
  );
}
