"use client";

import { Alert, Tabs } from "@mantine/core";
import dynamic from "next/dynamic";
import { useParams } from "next/navigation";
import { Suspense } from "react";
import classes from "./council.module.css";
import { Acts } from "./acts";
import { Overview } from "./overview";
import { type Tagged, useCouncil } from "../queries";
import { useIsAdmin } from "@/api/session";
import { useFilters } from "@/components/filters";
import { Loaded, Loading } from "@/components/loaded";
import { Page } from "@/components/page";
import { StatusBadge } from "@/components/status-badge";
import { councilTexts } from "@/texts";

const loading = () => <Loading />;
const PolicyTab = dynamic(() => import("./policy-tab").then((m) => m.PolicyTab), { ssr: false, loading });
const Editor = dynamic(() => import("../policy/editor").then((m) => m.Editor), { ssr: false, loading });
const People = dynamic(() => import("./people").then((m) => m.People), { ssr: false, loading });
const Mandates = dynamic(() => import("./mandates").then((m) => m.Mandates), { ssr: false, loading });
const Health = dynamic(() => import("./health").then((m) => m.Health), { ssr: false, loading });

const TABS = ["overview", "policy", "people", "mandates", "health"] as const;
const PATH = [{ href: "/councils", label: councilTexts.title }];

export default function CouncilPage() {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <OneCouncil />
    </Suspense>
  );
}

function OneCouncil() {
  const { id } = useParams<{ id: string }>();
  const council = useCouncil(id);
  if (council.data) return <Council tagged={council.data} />;
  return (
    <Page title={councilTexts.title} path={PATH}>
      <Loaded query={council} skeleton={<Loading lines={8} />}>
        {() => null}
      </Loaded>
    </Page>
  );
}

function Council({ tagged }: { tagged: Tagged }) {
  const { value: council } = tagged;
  const { chosen, choose } = useFilters("tab", "edit");
  const tab = TABS.find((one) => one === chosen.tab) ?? "overview";
  const isAdmin = useIsAdmin();
  const isEditing = chosen.edit === "1" && isAdmin && council.state === "active";
  return (
    <Page
      title={council.name}
      path={PATH}
      aside={council.state === "retired" && <StatusBadge status={council.state} size="lg" />}
      actions={council.state === "active" && <Acts tagged={tagged} />}
    >
      {council.state === "retired" && <Alert color="gray">{councilTexts.retiredNote}</Alert>}
      <Tabs value={tab} onChange={(value) => choose({ tab: value === "overview" ? null : value, edit: null })} keepMounted={false}>
        <Tabs.List aria-label={councilTexts.tabs.label} mb="md" className={classes.tabs}>
          {TABS.map((value) => (
            <Tabs.Tab key={value} value={value} className={classes.tab}>
              {councilTexts.tabs[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <Overview council={council} />
        </Tabs.Panel>
        <Tabs.Panel value="policy">
          {isEditing ? <Editor tagged={tagged} /> : <PolicyTab council={council} />}
        </Tabs.Panel>
        <Tabs.Panel value="people">
          <People council={council} />
        </Tabs.Panel>
        <Tabs.Panel value="mandates">
          <Mandates council={council} />
        </Tabs.Panel>
        <Tabs.Panel value="health">
          <Health council={council.id} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
