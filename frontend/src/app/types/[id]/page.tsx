"use client";

import { Alert, Anchor, Badge, Button, Stack, Text } from "@mantine/core";
import { useParams, useSearchParams } from "next/navigation";
import { Suspense } from "react";
import { Inputs } from "./inputs";
import { LimitsForm } from "./limits";
import { Versions } from "./versions";
import { type WorkflowType, useType } from "../queries";
import classes from "../types.module.css";
import { StepPreview } from "../../inbox/step";
import { useIsAdmin, useSession } from "@/api/session";
import { Link } from "@/components/link";
import { Loaded, Loading } from "@/components/loaded";
import { Page } from "@/components/page";
import { Section } from "@/components/section";
import { Time } from "@/components/time";
import { Pairs } from "@/components/facts";
import { texts, typeTexts as words } from "@/texts";

export default function TypePage() {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <Type />
    </Suspense>
  );
}

function Type() {
  const id = decodeURIComponent(useParams<{ id: string }>().id);
  const version = Number(useSearchParams().get("version")) || undefined;
  const isAdmin = useIsAdmin();
  const { user } = useSession();
  const current = useType(id);
  const shown = useType(id, version);
  const here = `/types/${encodeURIComponent(id)}`;
  return (
    <Loaded query={shown} skeleton={<Loading lines={8} />}>
      {({ value: type }) => (
        <Page
          title={type.name}
          description={type.description}
          aside={
            <Badge variant="light" color="gray" tt="none">
              {words.version(type.version)}
            </Badge>
          }
          path={[{ href: "/types", label: texts.nav.types }]}
          actions={
            <>
              <Button component={Link} href={`/workflows?type=${encodeURIComponent(id)}`} variant="default">
                {words.workflows}
              </Button>
              {isAdmin && (
                <Button component={Link} href={`${here}/edit`} variant="default">
                  {words.edit}
                </Button>
              )}
              {user?.role !== "viewer" && (
                <Button component={Link} href={`/propose?type=${encodeURIComponent(id)}`}>
                  {words.propose}
                </Button>
              )}
            </>
          }
        >
          {current.data && current.data.value.version !== type.version && (
            <Alert color="yellow">
              {words.old(type.version, current.data.value.version)}{" "}
              <Anchor component={Link} href={here} inherit>
                {words.toCurrent}
              </Anchor>
            </Alert>
          )}
          <About type={type} />
          <Inputs schema={type.input_schema} />
          <Section title={words.steps} description={words.stepsHint}>
            <ol className={classes.steps}>
              {type.steps.map((step, index) => (
                <StepPreview key={step.name} step={step} number={index + 1} />
              ))}
            </ol>
          </Section>
          <Stack>
            {isAdmin && <LimitsForm id={id} />}
            <Versions id={id} shown={type.version} />
          </Stack>
        </Page>
      )}
    </Loaded>
  );
}

function About({ type }: { type: WorkflowType }) {
  return (
    <Section title={words.about}>
      <Pairs
        of={[
          [
            words.facts.id,
            <Text key="id" size="sm" span style={{ overflowWrap: "anywhere" }}>
              {type.id}
            </Text>,
          ],
          [
            words.facts.domain,
            <Anchor key="domain" component={Link} href={`/types?domain=${encodeURIComponent(type.domain)}`} size="sm">
              {type.domain}
            </Anchor>,
          ],
          [
            words.facts.since,
            <Text key="since" size="sm" span>
              <Time at={type.created_at} />
            </Text>,
          ],
        ]}
      />
    </Section>
  );
}
