"use client";

import { Anchor, Button, Text } from "@mantine/core";
import { IconDownload, IconFileCertificate, IconShieldCheck } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { Suspense, useState } from "react";
import { useNames } from "../names";
import { About } from "./about";
import { AuditFilters } from "./filters";
import { type Row, useAuditFilters, useAuditLog } from "./queries";
import { Who } from "./who";
import { Empty } from "@/components/empty";
import { Link } from "@/components/link";
import { Loaded, Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { type Column, Rows, moreOf } from "@/components/rows";
import { Time } from "@/components/time";
import { adminTexts } from "@/texts";

const RowDetails = dynamic(() => import("./row-details").then((module) => module.RowDetails), { ssr: false });
const Export = dynamic(() => import("./export").then((module) => module.Export), { ssr: false });

const text = adminTexts.audit;

export default function Audit() {
  return (
    <OnlyAdmins>
      <Suspense fallback={<Loading lines={8} />}>
        <Log />
      </Suspense>
    </OnlyAdmins>
  );
}

function Log() {
  const [isExporting, setExporting] = useState(false);
  const { chosen } = useAuditFilters();
  const range = new URLSearchParams(useSearchParams());
  for (const name of [...range.keys()]) if (name !== "from" && name !== "to") range.delete(name);
  return (
    <Page
      title={text.title}
      description={text.description}
      actions={
        <>
          <Button
            component={Link}
            href={`/admin/audit/verify${range.size > 0 ? `?${range}` : ""}`}
            variant="default"
            leftSection={<IconShieldCheck size={16} aria-hidden />}
          >
            {text.verify}
          </Button>
          <Button
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
            onClick={() => setExporting(true)}
          >
            {text.export}
          </Button>
        </>
      }
    >
      <AuditFilters />
      <List />
      {isExporting && <Export filters={chosen} onClose={() => setExporting(false)} />}
    </Page>
  );
}

function List() {
  const { chosen } = useAuditFilters();
  const query = useAuditLog(chosen);
  const names = useNames().data;
  const [shown, setShown] = useState<Row | null>(null);
  const columns: Column<Row>[] = [
    {
      label: text.when,
      width: "11.5rem",
      isPlain: true,
      cell: ({ at }) => (
        <Text size="sm" span>
          <Time at={at} />
        </Text>
      ),
    },
    { label: text.actor, width: "minmax(0, 1.2fr)", isPlain: true, cell: (row) => <Who row={row} names={names} /> },
    {
      label: text.action,
      width: "minmax(0, 1.2fr)",
      isPlain: true,
      cell: (row) => (
        <Anchor
          component="button"
          type="button"
          size="sm"
          ta="start"
          aria-haspopup="dialog"
          aria-label={text.detailsOf(row.action, row.id)}
          onClick={() => setShown(row)}
        >
          {row.action}
        </Anchor>
      ),
    },
    { label: text.about, width: "minmax(0, 2fr)", cell: (row) => <About row={row} names={names} /> },
  ];
  return (
    <>
      <Loaded query={query} skeleton={<Loading lines={10} />}>
        {({ pages }) => {
          const rows = pages.flatMap(({ audit_logs }) => audit_logs);
          if (rows.length === 0) return <Empty title={text.empty} hint={text.emptyHint} icon={IconFileCertificate} />;
          return (
            <Rows label={text.list} columns={columns} rows={rows} keyOf={({ id }) => String(id)} more={moreOf(query)} />
          );
        }}
      </Loaded>
      {shown && <RowDetails row={shown} names={names} onClose={() => setShown(null)} />}
    </>
  );
}
