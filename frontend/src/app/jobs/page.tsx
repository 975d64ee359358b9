"use client";

import { Suspense } from "react";
import { JobsPage } from "./jobs-page";
import { Numbers } from "./numbers";
import { Queues } from "./queues";
import { Running } from "./running";
import { ThroughputOf } from "./throughput-of";
import { Loading } from "@/components/loaded";
import { jobTexts } from "@/texts";

export default function Overview() {
  return (
    <JobsPage title={jobTexts.title} description={jobTexts.description}>
      <Numbers />
      <Queues />
      <Suspense fallback={<Loading lines={6} />}>
        <ThroughputOf />
      </Suspense>
      <Running />
    </JobsPage>
  );
}
