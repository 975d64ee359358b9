"use client";

import { Alert } from "@mantine/core";
import dynamic from "next/dynamic";
import { useParams } from "next/navigation";
import { Suspense } from "react";
import { About } from "./about";
import { Acts } from "./acts";
import { Runs } from "./runs";
import { Times } from "./times";
import { useSchedule } from "../queries";
import { JobsPage } from "../../jobs-page";
import { useIsAdmin } from "@/api/session";
import { useFilters } from "@/components/filters";
import { Loaded, Loading } from "@/components/loaded";
import { moreOf } from "@/components/rows";
import { StatusBadge } from "@/components/status-badge";
import { jobTexts, texts } from "@/texts";

const Form = dynamic(() => import("../form"), { ssr: false, loading: () => <Loading lines={8} /> });

const words = jobTexts.schedules;
const ABOVE = [
  { href: "/jobs", label: texts.nav.jobs },
  { href: "/jobs/schedules", label: words.title },
];

export default function SchedulePage() {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <OfSchedule />
    </Suspense>
  );
}

function OfSchedule() {
  const { id } = useParams<{ id: string }>();
  const isAdmin = useIsAdmin();
  const query = useSchedule(id);
  const { chosen, choose } = useFilters("edit");
  return (
    <Loaded query={query} skeleton={<Loading lines={8} />}>
      {({ pages: [tagged, ...more] }) => {
        if (!tagged) return null;
        const { value } = tagged;
        const leave = () => choose({ edit: null });
        if (chosen.edit && isAdmin) {
          return (
            <JobsPage title={words.editTitle(value.name)} description={words.editHint} path={ABOVE}>
              <Form from={tagged} onSaved={leave} onCancel={leave} />
            </JobsPage>
          );
        }
        return (
          <JobsPage
            title={value.name}
            aside={<StatusBadge status={value.state} />}
            path={ABOVE}
            actions={isAdmin && <Acts schedule={value} edit={() => choose({ edit: "1" })} />}
          >
            {value.paused_because ? (
              <Alert color="yellow" title={words.pausedBecause}>
                {value.paused_because}
              </Alert>
            ) : (
              value.refusals > 0 && <Alert color="yellow">{words.refusals(value.refusals)}</Alert>
            )}
            <About schedule={value} />
            <Times schedule={value} />
            <Runs runs={[tagged, ...more].flatMap((page) => page.value.runs)} more={moreOf(query)} />
          </JobsPage>
        );
      }}
    </Loaded>
  );
}
