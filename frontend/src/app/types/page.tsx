"use client";

import { Anchor, Button, Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { IconPlus, IconSearch, IconTemplate } from "@tabler/icons-react";
import { Suspense } from "react";
import { type WorkflowType, useTypes } from "./queries";
import { domainsOf, matching } from "./search";
import { useIsAdmin } from "@/api/session";
import { Empty } from "@/components/empty";
import { useFilters } from "@/components/filters";
import { Link } from "@/components/link";
import { Loaded, Loading } from "@/components/loaded";
import { Page } from "@/components/page";
import { type Column, Rows } from "@/components/rows";
import { Ago } from "@/components/time";
import { typeTexts as words } from "@/texts";

const COLUMNS: Column<WorkflowType>[] = [
  {
    label: words.columns.name,
    width: "minmax(0, 3fr)",
    isPlain: true,
    cell: ({ id, name, description }) => (
      <>
        <Anchor component={Link} href={`/types/${encodeURIComponent(id)}`} size="sm" fw={550}>
          {name}
        </Anchor>
        <Text size="xs" c="dimmed" lineClamp={1}>
          {description || id}
        </Text>
      </>
    ),
  },
  {
    label: words.columns.domain,
    width: "minmax(0, 1fr)",
    cell: ({ domain }) => (
      <Text size="sm" span>
        {domain}
      </Text>
    ),
  },
  {
    label: words.columns.steps,
    width: "6rem",
    isEnd: true,
    cell: ({ steps }) => (
      <Text size="sm" span>
        {steps.length}
      </Text>
    ),
  },
  {
    label: words.columns.version,
    width: "6rem",
    isEnd: true,
    cell: ({ version }) => (
      <Text size="sm" span>
        {version}
      </Text>
    ),
  },
  {
    label: words.columns.since,
    width: "8.5rem",
    isEnd: true,
    cell: ({ created_at }) => (
      <Text size="sm" span c="dimmed">
        <Ago at={created_at} />
      </Text>
    ),
  },
];

export default function TypesPage() {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <Types />
    </Suspense>
  );
}

function Types() {
  const types = useTypes();
  const isAdmin = useIsAdmin();
  const { chosen, choose } = useFilters("q", "domain");
  return (
    <Page
      title={words.title}
      description={words.purpose}
      actions={
        isAdmin && (
          <Button component={Link} href="/types/new" leftSection={<IconPlus size={16} aria-hidden />}>
            {words.new}
          </Button>
        )
      }
    >
      <Loaded query={types} skeleton={<Loading lines={8} />}>
        {(all) => {
          if (all.length === 0) return <Empty icon={IconTemplate} title={words.empty} hint={words.emptyHint} />;
          const found = matching(all, chosen.q, chosen.domain);
          return (
            <>
              <Group gap="sm" align="end" role="search">
                <TextInput
                  type="search"
                  label={words.search}
                  placeholder={words.searchHint}
                  leftSection={<IconSearch size={16} aria-hidden />}
                  defaultValue={chosen.q ?? ""}
                  onChange={(event) => choose({ q: event.currentTarget.value || null })}
                  style={{ flex: "1 1 16rem", maxWidth: "26rem" }}
                />
                <NativeSelect
                  label={words.domain}
                  value={chosen.domain ?? ""}
                  onChange={(event) => choose({ domain: event.currentTarget.value || null })}
                  data={[{ value: "", label: words.allDomains }, ...domainsOf(all)]}
                />
              </Group>
              {found.length === 0 ? (
                <Empty icon={IconSearch} title={words.noMatch} hint={words.noMatchHint} />
              ) : (
                <Rows label={words.list} columns={COLUMNS} rows={found} keyOf={({ id }) => id} />
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
