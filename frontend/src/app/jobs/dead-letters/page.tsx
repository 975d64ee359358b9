"use client";

import { Button } from "@mantine/core";
import { IconMoodSmile, IconRefresh } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { Suspense, useMemo, useState } from "react";
import { columnsOf } from "./columns";
import { CountsOf } from "./counts";
import { type Name, NAMES, filterOf } from "./filter";
import { Filters } from "./filters";
import { type DeadLetter, useCounts, useDeadLetters } from "./queries";
import { useCouncils } from "../../councils/queries";
import { JobsPage } from "../jobs-page";
import { Empty } from "@/components/empty";
import { useFilters } from "@/components/filters";
import { Loaded, Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { Rows, moreOf } from "@/components/rows";
import { jobTexts, texts } from "@/texts";

const RetryAll = dynamic(() => import("./retry-all"), { ssr: false });
const Retry = dynamic(() => import("../../workflows/[id]/retry").then(({ Retry }) => Retry), { ssr: false });

const words = jobTexts.dead;

export default function DeadLettersPage() {
  return (
    <OnlyAdmins>
      <Suspense fallback={<Loading lines={8} />}>
        <DeadLetters />
      </Suspense>
    </OnlyAdmins>
  );
}

function DeadLetters() {
  const filters = useFilters<Name>(...NAMES);
  const filter = useMemo(() => filterOf(filters.chosen), [filters.chosen]);
  const list = useDeadLetters(filter);
  const total = useCounts(filter).data?.total ?? 0;
  const [isBulk, setBulk] = useState(false);
  // Kept here: a run that is tried again leaves the list, and what was answered stays to be read.
  const [one, setOne] = useState<DeadLetter | null>(null);
  const columns = useMemo(() => columnsOf(setOne), []);
  const councils = useCouncils();
  const rows = list.data?.pages.flatMap(({ dead_letters }) => dead_letters) ?? [];
  return (
    <JobsPage
      title={words.title}
      description={words.description}
      path={[{ href: "/jobs", label: texts.nav.jobs }]}
      actions={
        total > 0 && (
          <Button leftSection={<IconRefresh size={16} aria-hidden />} onClick={() => setBulk(true)}>
            {words.bulk(total)}
          </Button>
        )
      }
    >
      <Filters {...filters} />
      <CountsOf filter={filter} choose={filters.choose} />
      <Loaded query={list} skeleton={<Loading lines={8} />}>
        {() =>
          rows.length === 0 ? (
            <Empty
              icon={IconMoodSmile}
              title={filters.isAny ? words.noneMatch : words.none}
              hint={filters.isAny ? undefined : words.noneHint}
            />
          ) : (
            <Rows label={words.label} columns={columns} rows={rows} keyOf={(row) => row.workflow_id} more={moreOf(list)} />
          )
        }
      </Loaded>
      {isBulk && <RetryAll filter={filter} rows={rows} onClose={() => setBulk(false)} />}
      {one && (
        <Retry
          workflow={{
            id: one.workflow_id,
            reviews: (councils.data ?? []).map(({ id, name }) => ({ council_id: id, council_name: name })),
          }}
          onClose={() => setOne(null)}
        />
      )}
    </JobsPage>
  );
}
