import { NativeSelect, Radio, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useReload, useRetire } from "../acts";
import { Conflict, isConflict } from "../conflict";
import { type Tagged, useCouncils } from "../queries";
import type { components } from "@/api/schema";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { useFirstWrong } from "@/components/first-wrong";
import { councilTexts } from "@/texts";

type Fate = components["schemas"]["OpenProposals"];

const words = councilTexts.retire;
const FATES: Fate[] = ["refuse", "move", "cancel"];

/** Retires a council, and says what becomes of what it has not decided. */
export function Retire({ tagged, onClose }: { tagged: Tagged; onClose: () => void }) {
  const { id } = tagged.value;
  const councils = useCouncils();
  const [fate, setFate] = useState<Fate>("refuse");
  const [to, setTo] = useState("");
  const [isTried, setTried] = useState(false);
  // Of what was looked at when this was opened, not of what somebody has made of it since.
  const [etag, setEtag] = useState(tagged.etag);
  const retire = useRetire(id, etag);
  const reload = useReload(id);
  const { form, pointOut } = useFirstWrong();
  const others = (councils.data ?? []).filter((one) => one.id !== id && one.state === "active");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (fate === "move" && !to) return pointOut();
    retire.mutate({ open_proposals: fate, ...(fate === "move" && { to }) }, { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title={words.title}>
      <form ref={form} noValidate onSubmit={submit}>
        <Stack>
          <Text size="sm">{words.body}</Text>
          <Radio.Group
            label={words.openLabel}
            value={fate}
            onChange={(value) => setFate(FATES.find((one) => one === value) ?? "refuse")}
          >
            <Stack gap={6} mt={6}>
              {FATES.map((value) => (
                <Radio key={value} value={value} label={words.open[value]} />
              ))}
            </Stack>
          </Radio.Group>
          {fate === "move" && (
            <NativeSelect
              label={words.to}
              required
              value={to}
              onChange={(event) => setTo(event.currentTarget.value)}
              data={[
                { value: "", label: councilTexts.editor.choose },
                ...others.map(({ id: value, name }) => ({ value, label: name })),
              ]}
              error={isTried && !to ? words.needsTo : undefined}
            />
          )}
          {isConflict(retire.error) ? (
            <Conflict
              hint={words.conflictHint}
              act={words.reload}
              isLoading={reload.isPending}
              reload={() => reload.mutate(undefined, { onSuccess: (now) => (setEtag(now.etag), retire.reset()) })}
            />
          ) : (
            retire.error && <Failure error={retire.error} />
          )}
          <DialogActs onCancel={onClose} type="submit" color="red.8" loading={retire.isPending}>
            {words.act}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}
