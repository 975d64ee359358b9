import { Anchor, Box, Button, Code } from "@mantine/core";
import { IconFileCertificate } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Council, useMandates } from "../queries";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { Empty } from "@/components/empty";
import { Link } from "@/components/link";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { StatusBadge } from "@/components/status-badge";
import { Table } from "@/components/table";
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
    <Table label={words.title} minWidth={720}>
      <thead>
        <tr>
          {[type, condition, left, until, state].map((label) => (
            <th key={label}>{label}</th>
          ))}
          <td />
        </tr>
      </thead>
      <tbody>
        {of.map((mandate) => (
          <tr key={mandate.id}>
            <td>
              {mandate.workflow_type}
              <Anchor component={Link} href={`/workflows/${mandate.id}`} size="xs" display="block">
                {words.record}
              </Anchor>
            </td>
            <td>
              <Code>{mandate.condition}</Code>
            </td>
            <td>{words.left(mandate.left, mandate.max_uses, mandate.per)}</td>
            <td>
              <Time at={mandate.valid_until} />
            </td>
            <td>
              <StatusBadge status={stateOf(mandate)} />
            </td>
            <Box component="td" ta="end">
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
            </Box>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
