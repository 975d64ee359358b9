import { NativeSelect, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useDelegate } from "../acts";
import { Candidates } from "./candidates";
import type { Council } from "../queries";
import { useUser } from "@/api/session";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { useFirstWrong } from "@/components/first-wrong";
import { formErrors } from "@/components/form-errors";
import { councilTexts } from "@/texts";

const words = councilTexts.people;

/** Has somebody stand in for the holder of a seat: for oneself, or, by an admin, for anybody. */
export function Arrange({ council, onClose }: { council: Council; onClose: () => void }) {
  const user = useUser();
  const own = council.seats.find(({ user_id }) => user_id === user.id);
  const [holder, setHolder] = useState((own ?? council.seats[0])?.user_id ?? "");
  const [delegate, setDelegate] = useState("");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [isTried, setTried] = useState(false);
  const arrange = useDelegate(council.id);
  const refused = formErrors(arrange.error);
  const { form, pointOut } = useFirstWrong(arrange.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!delegate || !until) return pointOut();
    const body = {
      delegate_id: delegate,
      ends_at: new Date(until).toISOString(),
      ...(from && { starts_at: new Date(from).toISOString() }),
      ...(holder !== user.id && { holder_id: holder }),
    };
    arrange.mutate(body, { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title={words.standIn}>
      <form ref={form} noValidate onSubmit={submit}>
        <Stack>
          {user.role === "admin" && (
            <NativeSelect
              label={words.holder}
              value={holder}
              onChange={(event) => setHolder(event.currentTarget.value)}
              data={council.seats.map(({ user_id, name }) => ({ value: user_id, label: name }))}
              error={refused["holder_id"]}
            />
          )}
          <Candidates
            council={council}
            value={delegate}
            onChange={setDelegate}
            error={refused["delegate_id"] ?? (isTried && !delegate ? words.chooseDelegate : undefined)}
          />
          <TextInput
            type="datetime-local"
            label={words.from}
            description={words.fromHint}
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
            error={refused["starts_at"]}
          />
          <TextInput
            type="datetime-local"
            label={words.until}
            description={words.untilHint}
            required
            value={until}
            onChange={(event) => setUntil(event.currentTarget.value)}
            error={refused["ends_at"] ?? (isTried && !until ? words.chooseUntil : undefined)}
          />
          {arrange.error && <Failure error={arrange.error} />}
          <DialogActs onCancel={onClose} type="submit" loading={arrange.isPending}>
            {words.arrange}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}
