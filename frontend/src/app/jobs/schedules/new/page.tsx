"use client";

import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { JobsPage } from "../../jobs-page";
import { Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { jobTexts, texts } from "@/texts";

const Form = dynamic(() => import("../form"), { ssr: false, loading: () => <Loading lines={8} /> });

const words = jobTexts.schedules;

export default function NewSchedulePage() {
  const router = useRouter();
  return (
    <OnlyAdmins>
      <JobsPage
        title={words.newTitle}
        description={words.newHint}
        path={[
          { href: "/jobs", label: texts.nav.jobs },
          { href: "/jobs/schedules", label: words.title },
        ]}
      >
        <Form
          from={null}
          onSaved={({ id }) => router.push(`/jobs/schedules/${id}`)}
          onCancel={() => router.push("/jobs/schedules")}
        />
      </JobsPage>
    </OnlyAdmins>
  );
}
