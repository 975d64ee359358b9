import { Box, Button, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useNames } from "./names";
import { type Council, useDelegations } from "../queries";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
import { Time } from "@/components/time";
import { councilTexts } from "@/texts";

type Delegation = components["schemas"]["Delegation"];

const Arrange = dynamic(() => import("./arrange").then((m) => m.Arrange), { ssr: false });
const EndStandIn = dynamic(() => import("./end-stand-in").then((m) => m.EndStandIn), { ssr: false });
const words = councilTexts.people;

/** Who votes in whose place, now or later. */
export function StandIns({ council }: { council: Council }) {
  const { user } = useSession();
  const isAdmin = user?.role === "admin";
  const delegations = useDelegations(council.id);
  const nameOf = useNames(
    council.id,
    (delegations.data ?? []).flatMap(({ delegate_id, holder_id }) => [delegate_id, holder_id]),
  );
  const [isArranging, setArranging] = useState(false);
  const [ended, setEnded] = useState<Delegation | null>(null);
  const isSeated = council.seats.some(({ user_id }) => user_id === user?.id);
  const mayArrange = council.state === "active" && council.seats.length > 0 && (isAdmin || isSeated);
  const mayEnd = (one: Delegation) => isAdmin || one.holder_id === user?.id || one.delegate_id === user?.id;
  return (
    <Section
      title={words.standIns}
      description={words.standInsHint}
      aside={
        mayArrange && (
          <Button size="xs" variant="light" onClick={() => setArranging(true)}>
            {words.standIn}
          </Button>
        )
      }
    >
      <Loaded query={delegations}>
        {(all) =>
          all.length === 0 ? (
            <Text size="sm">{words.noStandIns}</Text>
          ) : (
            <Table label={words.standIns} minWidth={620}>
              <thead>
                <tr>
                  {Object.values(words.delegation).map((label) => (
                    <th key={label}>{label}</th>
                  ))}
                  <td />
                </tr>
              </thead>
              <tbody>
                {all.map((one) => (
                  <tr key={one.id}>
                    <td>{nameOf(one.delegate_id)}</td>
                    <td>{nameOf(one.holder_id)}</td>
                    <td>
                      <Time at={one.starts_at} />
                    </td>
                    <td>
                      <Time at={one.ends_at} />
                    </td>
                    <Box component="td" ta="end">
                      {mayEnd(one) && (
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-label={words.endOf(nameOf(one.delegate_id))}
                          onClick={() => setEnded(one)}
                        >
                          {words.end}
                        </Button>
                      )}
                    </Box>
                  </tr>
                ))}
              </tbody>
            </Table>
          )
        }
      </Loaded>
      {isArranging && <Arrange council={council} onClose={() => setArranging(false)} />}
      {ended && (
        <EndStandIn
          delegation={ended}
          delegate={nameOf(ended.delegate_id)}
          holder={nameOf(ended.holder_id)}
          onClose={() => setEnded(null)}
        />
      )}
    </Section>
  );
}
