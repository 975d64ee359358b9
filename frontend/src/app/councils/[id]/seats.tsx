import { Button, Group, NativeSelect, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useSeat } from "../acts";
import type { Council, Seat } from "../queries";
import { useIsAdmin } from "@/api/session";
import { Failure } from "@/components/failure";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
import { councilTexts } from "@/texts";

type Holder = Council["seats"][number];

const AddSeat = dynamic(() => import("./add-seat").then((m) => m.AddSeat), { ssr: false });
const Unseat = dynamic(() => import("./unseat").then((m) => m.Unseat), { ssr: false });
const words = councilTexts.people;
const SEATS: Seat[] = ["chair", "member"];

/** The seats of a council; admins give, change and take them. */
export function Seats({ council }: { council: Council }) {
  const mayChange = useIsAdmin() && council.state === "active";
  const [isAdding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Holder | null>(null);
  const seat = useSeat(council.id);
  return (
    <Section
      title={words.seats}
      description={words.seatsHint}
      aside={
        mayChange && (
          <Button size="xs" onClick={() => setAdding(true)}>
            {words.add}
          </Button>
        )
      }
    >
      {seat.error && <Failure error={seat.error} />}
      {council.seats.length === 0 ? (
        <Text size="sm">{councilTexts.noSeats}</Text>
      ) : (
        <Table label={words.seats}>
          <thead>
            <tr>
              <th>{words.columns.name}</th>
              <th>{words.columns.kind}</th>
            </tr>
          </thead>
          <tbody>
            {council.seats.map((holder) => (
              <tr key={holder.user_id}>
                <td>{holder.name}</td>
                <td>
                  {mayChange ? (
                    <Group gap="xs">
                      <NativeSelect
                        size="xs"
                        aria-label={words.kindOf(holder.name)}
                        value={holder.seat}
                        disabled={seat.isPending}
                        data={SEATS.map((value) => ({ value, label: councilTexts.kinds[value] }))}
                        onChange={(event) =>
                          seat.mutate({
                            userId: holder.user_id,
                            seat: event.currentTarget.value === "chair" ? "chair" : "member",
                          })
                        }
                      />
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={words.removeOf(holder.name)}
                        onClick={() => setLeaving(holder)}
                      >
                        {words.remove}
                      </Button>
                    </Group>
                  ) : (
                    councilTexts.kinds[holder.seat]
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {isAdding && <AddSeat council={council} onClose={() => setAdding(false)} />}
      {leaving && <Unseat council={council.id} holder={leaving} onClose={() => setLeaving(null)} />}
    </Section>
  );
}
