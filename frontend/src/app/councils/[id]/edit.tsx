import { Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useEdit, useReload } from "../acts";
import { Conflict, isConflict } from "../conflict";
import { toPatterns } from "../policy/draft";
import type { Tagged } from "../queries";
import { rebase } from "../rebase";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { useFirstWrong } from "@/components/first-wrong";
import { formErrors } from "@/components/form-errors";
import { councilTexts, texts } from "@/texts";

const words = councilTexts.edit;

/** What can be typed over; domains as one text. */
const toTyped = ({ value: { name, purpose, domains } }: Tagged) => ({ name, purpose, domains: domains.join(", ") });

/** Changes what a council is called, what it is for, and what it answers for. */
export function Edit({ tagged, onClose }: { tagged: Tagged; onClose: () => void }) {
  const [base, setBase] = useState(tagged);
  const [typed, setTyped] = useState(() => toTyped(tagged));
  const { name, purpose, domains } = typed;
  const edit = useEdit(tagged.value.id);
  const reload = useReload(tagged.value.id);
  const refused = formErrors(edit.error);
  const { form, pointOut } = useFirstWrong(edit.error);
  const type = (change: Partial<typeof typed>) => setTyped({ ...typed, ...change });
  const takeOver = (now: Tagged) => {
    setTyped(rebase(typed, toTyped(base), toTyped(now)));
    setBase(now);
    edit.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return pointOut();
    const body = { name: name.trim(), purpose: purpose.trim(), domains: toPatterns(domains) };
    edit.mutate({ body, etag: base.etag }, { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title={words.title}>
      <form ref={form} noValidate onSubmit={submit}>
        <Stack>
          <TextInput
            label={words.name}
            required
            maxLength={100}
            value={name}
            onChange={(event) => type({ name: event.currentTarget.value })}
            error={refused["name"] ?? (name.trim() ? undefined : words.needsName)}
          />
          <Textarea
            label={words.purpose}
            description={words.purposeHint}
            autosize
            minRows={3}
            maxLength={1000}
            value={purpose}
            onChange={(event) => type({ purpose: event.currentTarget.value })}
            error={refused["purpose"]}
          />
          <TextInput
            label={words.domains}
            description={`${words.domainsHint} ${words.domainsFrom}`}
            value={domains}
            onChange={(event) => type({ domains: event.currentTarget.value })}
            error={Object.entries(refused).find(([field]) => field.startsWith("domains"))?.[1]}
          />
          {isConflict(edit.error) ? (
            <Conflict isLoading={reload.isPending} reload={() => reload.mutate(undefined, { onSuccess: takeOver })} />
          ) : (
            edit.error && <Failure error={edit.error} />
          )}
          <DialogActs onCancel={onClose} type="submit" loading={edit.isPending}>
            {texts.save}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}
