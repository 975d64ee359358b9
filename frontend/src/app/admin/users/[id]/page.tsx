"use client";

import { Alert, Anchor, SimpleGrid, Stack } from "@mantine/core";
import { useParams } from "next/navigation";
import { usePerson } from "../queries";
import { Access } from "./access";
import { FactorOf } from "./factor-of";
import { NameAndRole } from "./name-and-role";
import { SeatsOf } from "./seats-of";
import { SessionsOf } from "./sessions-of";
import { Failure } from "@/components/failure";
import { Link } from "@/components/link";
import { Loading } from "@/components/loaded";
import { OnlyAdmins } from "@/components/only-admins";
import { Page } from "@/components/page";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { adminTexts } from "@/texts";

const text = adminTexts.user;
const PATH = [{ href: "/admin/users", label: adminTexts.users.title }];

export default function User() {
  return (
    <OnlyAdmins>
      <Person />
    </OnlyAdmins>
  );
}

function Person() {
  const { id } = useParams<{ id: string }>();
  const { data: person, error, refetch } = usePerson(id);
  if (!person) {
    return (
      <Page title={text.person} path={PATH}>
        {error ? <Failure error={error} retry={() => void refetch()} /> : <Loading lines={8} />}
      </Page>
    );
  }
  const isErased = person.state === "erased";
  return (
    <Page
      title={person.name || id}
      description={person.email}
      path={PATH}
      aside={<StatusBadge status={person.state} />}
      actions={!isErased && <Access person={person} />}
    >
      {isErased && <Alert color="gray">{text.erasedState}</Alert>}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Stack gap="md">
          {!isErased && <NameAndRole key={`${person.name} ${person.role}`} person={person} />}
          <Record id={id} />
        </Stack>
        {!isErased && (
          <Stack gap="md">
            <SeatsOf id={id} />
            <FactorOf person={person} />
          </Stack>
        )}
      </SimpleGrid>
      {!isErased && <SessionsOf person={person} />}
    </Page>
  );
}

function Record({ id }: { id: string }) {
  return (
    <Section title={text.record}>
      <Stack gap={4} align="start">
        <Anchor component={Link} href={`/admin/audit?actor_id=${id}`} size="sm">
          {text.did}
        </Anchor>
        <Anchor component={Link} href={`/admin/audit?resource_kind=user&resource_id=${id}`} size="sm">
          {text.done}
        </Anchor>
      </Stack>
    </Section>
  );
}
