"use client";

import { Instances } from "./instances";
import { LogLevels } from "./log-levels";
import { Ready } from "./ready";
import { JobsPage } from "../jobs-page";
import { useIsAdmin } from "@/api/session";
import { jobTexts, texts } from "@/texts";

const words = jobTexts.workers;

/** How many instances are ready, for everybody; which there are and what they log, for admins. */
export default function Workers() {
  const isAdmin = useIsAdmin();
  return (
    <JobsPage title={words.title} description={words.description} path={[{ href: "/jobs", label: texts.nav.jobs }]}>
      <Ready />
      {isAdmin && <Instances />}
      {isAdmin && <LogLevels />}
    </JobsPage>
  );
}
