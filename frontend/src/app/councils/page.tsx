"use client";

import { Button, SegmentedControl, SimpleGrid } from "@mantine/core";
import { IconGavel, IconPlus } from "@tabler/icons-react";
import { Suspense } from "react";
import { CouncilCard } from "./card";
import { type Council, useCouncils } from "./queries";
import { useIsAdmin } from "@/api/session";
import { Empty } from "@/components/empty";
import { useFilters } from "@/components/filters";
import { Link } from "@/components/link";
import { Loaded, Loading } from "@/components/loaded";
import { Page } from "@/components/page";
import { councilTexts } from "@/texts";

const STATES = ["active", "retired", "all"] as const;

export default function CouncilsPage() {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <Councils />
    </Suspense>
  );
}

function Councils() {
  const councils = useCouncils();
  const isAdmin = useIsAdmin();
  const { chosen, choose } = useFilters("state");
  const state = STATES.find((one) => one === chosen.state) ?? "active";
  return (
    <Page
      title={councilTexts.title}
      description={councilTexts.purpose}
      actions={
        isAdmin && (
          <Button component={Link} href="/councils/new" leftSection={<IconPlus size={16} aria-hidden />}>
            {councilTexts.found}
          </Button>
        )
      }
    >
      <div>
        <SegmentedControl
          aria-label={councilTexts.filter}
          value={state}
          onChange={(value) => choose({ state: value === "active" ? null : value })}
          data={STATES.map((value) => ({ value, label: councilTexts.states[value] }))}
        />
      </div>
      <Loaded query={councils} skeleton={<Loading lines={8} />}>
        {(all) => <Cards of={all.filter((council) => state === "all" || council.state === state)} state={state} />}
      </Loaded>
    </Page>
  );
}

function Cards({ of, state }: { of: Council[]; state: (typeof STATES)[number] }) {
  if (of.length === 0) {
    return <Empty icon={IconGavel} title={councilTexts.empty} hint={councilTexts.emptyHint[state]} />;
  }
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
      {of.map((council) => (
        <CouncilCard key={council.id} council={council} />
      ))}
    </SimpleGrid>
  );
}
