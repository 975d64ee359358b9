import { Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useEdit, useReload } from "../acts";
import { Conflict, isConflict } from "../conflict";
import { toPatterns } from "../policy/draft";
import type { Tagged } from "../queries";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { councilTexts, texts } from "@/texts";

const words = councilTexts.edit;

/** Changes what a council is called, what it is for, and what it answers for. */
export function Edit({ tagged, onClose }: { tagged: Tagged; onClose: () => void }) {
  const [etag, setEtag] = useState(tagged.etag);
  const [name, setName] = useState(tagged.value.name);
  const [purpose, setPurpose] = useState(tagged.value.purpose);
  const [domains, setDomains] = useState(tagged.value.domains.join(", "));
  const edit = useEdit(tagged.value.id);
  const reload = useReload(tagged.value.id);
  const refused = formErrors(edit.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    const body = { name: name.trim(), purpose: purpose.trim(), domains: toPatterns(domains) };
    edit.mutate({ body, etag }, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={words.title}>
      <form noValidate onSubmit={submit}>
        <Stack>
          <TextInput
            label={words.name}
            required
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={refused["name"] ?? (name.trim() ? undefined : words.needsName)}
          />
          <Textarea
            label={words.purpose}
            description={words.purposeHint}
            autosize
            minRows={3}
            maxLength={1000}
            value={purpose}
            onChange={(event) => setPurpose(event.currentTarget.value)}
            error={refused["purpose"]}
          />
          <TextInput
            label={words.domains}
            description={`${words.domainsHint} ${words.domainsFrom}`}
            value={domains}
            onChange={(event) => setDomains(event.currentTarget.value)}
            error={Object.entries(refused).find(([field]) => field.startsWith("domains"))?.[1]}
          />
          {isConflict(edit.error) ? (
            <Conflict
              isLoading={reload.isPending}
              reload={() => reload.mutate(undefined, { onSuccess: (now) => (setEtag(now.etag), edit.reset()) })}
            />
          ) : (
            edit.error && <Failure error={edit.error} />
          )}
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {texts.cancel}
            </Button>
            <Button type="submit" loading={edit.isPending}>
              {texts.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
