import { Stack } from "@mantine/core";
import { useSeat } from "../acts";
import { FindPerson } from "../find-person";
import type { Council } from "../queries";
import { Dialog } from "@/components/dialog";
import { Failure } from "@/components/failure";
import { councilTexts } from "@/texts";

/** Finds somebody and seats them. */
export function AddSeat({ council, onClose }: { council: Council; onClose: () => void }) {
  const seat = useSeat(council.id);
  return (
    <Dialog opened onClose={onClose} title={councilTexts.people.addTitle}>
      <Stack>
        {seat.error && <Failure error={seat.error} />}
        <FindPerson
          taken={council.seats.map(({ user_id }) => user_id)}
          isBusy={seat.isPending}
          choose={({ id }, kind) => seat.mutate({ userId: id, seat: kind })}
        />
      </Stack>
    </Dialog>
  );
}
