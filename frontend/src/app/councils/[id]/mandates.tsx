import { Anchor, Button, Code, Table } from "@mantine/core";
import { IconFileCertificate } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { type Council, useMandates } from "../queries";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Time, useNow } from "@/components/time";
import { councilTexts } from "@/texts";

type Mandate = components["schemas"]["MandateView"];

const Revoke = dynamic(() => import("./revoke").then((m) => m.Revoke), { ssr: false });
const words = councilTexts.mandates;

/** What a council granted in advance, and what is left of it. */
export function Mandates({ council }: { council: Council }) {
  const { user } = useSession();
  const mandates = useMandates(council.id);
  const [revoked, setRevoked] = useState<Mandate | null>(null);
  const mayPropose = user?.role !== "viewer" && council.state === "active";
  const mayRevoke = user?.role === "admin" || council.seats.some(({ user_id }) => user_id === user?.id);
  const grant = mayPropose && (
    <Button component={Link} href="/propose?type=governance.mandate" size="xs" variant="light">
      {words.grant}
    </Button>
  );
  return (
    <Section title={words.title} description={words.hint} aside={grant}>
      <Loaded query={mandates}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon={IconFileCertificate} title={words.none} hint={words.noneHint} />
          ) : (
            <List of={all} revoke={mayRevoke ? setRevoked : undefined} />
          )
        }
      </Loaded>
      {revoked && <Revoke mandate={revoked} onClose={() => setRevoked(null)} />}
    </Section>
  );
}

function List({ of, revoke }: { of: Mandate[]; revoke?: (mandate: Mandate) => void }) {
  const now = useNow(10_000);
  const { type, condition, left, until, state } = words.columns;
  const stateOf = ({ revoked_at, valid_until }: Mandate) =>
    revoked_at ? "revoked" : new Date(valid_until).getTime() < now ? "ended" : "active";
  return (
    <Table.ScrollContainer minWidth={720}>
      <Table aria-label={words.title}>
        <Table.Thead>
          <Table.Tr>
            {[type, condition, left, until, state].map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
            <Table.Td />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.map((mandate) => (
            <Table.Tr key={mandate.id}>
              <Table.Td>
                {mandate.workflow_type}
                <Anchor component={Link} href={`/workflows/${mandate.id}`} size="xs" display="block">
                  {words.record}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <Code>{mandate.condition}</Code>
              </Table.Td>
              <Table.Td>{words.left(mandate.left, mandate.max_uses, mandate.per)}</Table.Td>
              <Table.Td>
                <Time at={mandate.valid_until} />
              </Table.Td>
              <Table.Td>
                <StatusBadge status={stateOf(mandate)} />
              </Table.Td>
              <Table.Td ta="end">
                {revoke && stateOf(mandate) === "active" && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={words.revokeOf(mandate.workflow_type)}
                    onClick={() => revoke(mandate)}
                  >
                    {words.revoke}
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
