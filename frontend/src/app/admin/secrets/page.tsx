"use client";

import { Anchor, Button, Code, Group, Text } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { RemoveSecret } from "./remove-secret";
import { type Secret, useSecrets } from "./queries";
import { Empty } from "@/components/empty";
import { Link } from "@/components/link";
import { Loaded, Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { type Column, Rows, moreOf } from "@/components/rows";
import { Ago } from "@/components/time";
import { adminTexts, texts } from "@/texts";

const SetSecret = dynamic(() => import("./set-secret").then((module) => module.SetSecret), { ssr: false });

const text = adminTexts.secrets;

type Open = { secret: Secret | null; act: "set" | "remove" };

export default function Secrets() {
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  return (
    <OnlyAdmins>
      <Page
        title={text.title}
        description={text.description}
        actions={
          <Button
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setOpen({ secret: null, act: "set" })}
          >
            {text.set}
          </Button>
        }
      >
        <List onOpen={setOpen} />
        {open?.act === "set" && <SetSecret name={open.secret?.name ?? null} onClose={close} />}
        {open?.act === "remove" && open.secret && <RemoveSecret secret={open.secret} onClose={close} />}
      </Page>
    </OnlyAdmins>
  );
}

function List({ onOpen }: { onOpen: (open: Open) => void }) {
  const query = useSecrets();
  const columns: Column<Secret>[] = [
    {
      label: text.name,
      width: "minmax(0, 2fr)",
      isPlain: true,
      cell: ({ name, description }) => (
        <>
          <Code>{name}</Code>
          {description && (
            <Text size="xs" c="dimmed">
              {description}
            </Text>
          )}
        </>
      ),
    },
    {
      label: text.version,
      width: "minmax(0, 1.4fr)",
      cell: ({ version, set_at, set_by, set_by_name }) => (
        <Text size="sm" span>
          {text.times(version)}, <Ago at={set_at} />{" "}
          <Anchor component={Link} href={`/admin/users/${set_by}`} size="sm">
            {text.setBy(set_by_name)}
          </Anchor>
        </Text>
      ),
    },
    { label: text.usedBy, width: "minmax(0, 1.4fr)", cell: ({ used_by }) => <UsedBy types={used_by} /> },
    {
      label: texts.actions,
      width: "12rem",
      isPlain: true,
      isEnd: true,
      cell: (secret) => (
        <Group gap="xs" justify="end" wrap="nowrap">
          <Button
            size="xs"
            variant="default"
            aria-label={text.replaceOf(secret.name)}
            onClick={() => onOpen({ secret, act: "set" })}
          >
            {text.replace}
          </Button>
          <Button
            size="xs"
            variant="light"
            color="red"
            aria-label={text.removeOf(secret.name)}
            onClick={() => onOpen({ secret, act: "remove" })}
          >
            {text.remove}
          </Button>
        </Group>
      ),
    },
  ];
  return (
    <Loaded query={query} skeleton={<Loading lines={6} />}>
      {({ pages }) => {
        const rows = pages.flatMap(({ secrets }) => secrets);
        if (rows.length === 0) return <Empty title={text.empty} hint={text.emptyHint} icon={IconKey} />;
        return <Rows label={text.list} columns={columns} rows={rows} keyOf={({ name }) => name} more={moreOf(query)} />;
      }}
    </Loaded>
  );
}

function UsedBy({ types }: { types: string[] }) {
  if (types.length === 0)
    return (
      <Text size="sm" c="dimmed" span>
        {text.unused}
      </Text>
    );
  return types.map((type) => (
    <Anchor key={type} component={Link} href={`/types/${type}`} size="sm" display="block">
      {type}
    </Anchor>
  ));
}
