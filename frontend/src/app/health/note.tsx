import { Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type Incident, useNote } from "./queries";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { Time } from "@/components/time";
import { healthTexts as words, texts } from "@/texts";

type Props = { incident: Incident; part: string; onClose: () => void };

/** Asks what people are to be told about an incident. */
export default function Note({ incident, part, onClose }: Props) {
  const [note, setNote] = useState(incident.note ?? "");
  const say = useNote(incident.id);
  const errors = formErrors(say.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    say.mutate(note.trim(), { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title={words.noteTitle}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            {part}, <Time at={incident.opened_at} />
          </Text>
          <Textarea
            label={words.note}
            description={words.noteHint}
            autosize
            minRows={3}
            maxLength={2000}
            data-autofocus
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            error={errors.note}
          />
          {say.error && !errors.note && <Failure error={say.error} />}
          <DialogActs onCancel={onClose} type="submit" loading={say.isPending}>
            {texts.save}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}
