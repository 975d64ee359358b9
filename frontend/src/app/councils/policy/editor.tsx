"use client";

import { Alert, Button, Group, Stack } from "@mantine/core";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Changes } from "./changes";
import { type Errors, faultsOf, toDraft, toPolicy } from "./draft";
import { PolicyFields } from "./fields";
import { Simulation } from "./simulation";
import { useReload, useSavePolicy } from "../acts";
import { Conflict, isConflict } from "../conflict";
import type { Tagged } from "../queries";
import { rebase } from "../rebase";
import { Failure } from "@/components/failure";
import { useFirstWrong } from "@/components/first-wrong";
import { formErrors } from "@/components/form-errors";
import { Link } from "@/components/link";
import { councilTexts } from "@/texts";

const words = councilTexts.editor;

/** Changes a council's policy: what it says, what would change, and what it would have made of the past. */
export function Editor({ tagged }: { tagged: Tagged }) {
  // What was loaded is what is changed: were it renewed by itself, a change of somebody else's would be lost unseen.
  const [base, setBase] = useState(tagged);
  const [draft, setDraft] = useState(() => toDraft(tagged.value.policy));
  const [isTried, setTried] = useState(false);
  const [refused, setRefused] = useState<Errors>({});
  const router = useRouter();
  const { id, seats, policy, policy_version } = base.value;
  const save = useSavePolicy(id);
  const reload = useReload(id);
  const { form, pointOut } = useFirstWrong(refused);
  const faults = faultsOf(draft, seats.length);
  const isSound = Object.keys(faults).length === 0;
  const wanted = toPolicy(draft);
  const toPolicyTab = `/councils/${id}?tab=policy`;
  const submit = () => {
    setTried(true);
    if (!isSound) return pointOut();
    save.mutate(
      { policy: wanted, etag: base.etag },
      {
        onSuccess: () => router.push(toPolicyTab),
        onError: (error) => setRefused(formErrors(error, "/policy")),
      },
    );
  };
  const takeOver = (now: Tagged) => {
    setDraft(rebase(draft, toDraft(policy), toDraft(now.value.policy)));
    setBase(now);
    save.reset();
  };
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack>
        <Alert color="blue" title={words.title}>
          {words.holds}
        </Alert>
        <PolicyFields
          draft={draft}
          errors={{ ...refused, ...faults }}
          seats={seats.length}
          council={id}
          onChange={(change) => {
            setRefused({});
            setDraft((was) => ({ ...was, ...change }));
          }}
        />
        {isSound && <Changes before={policy} after={wanted} version={policy_version} />}
        {isSound && <Simulation council={id} policy={wanted} />}
        {isTried && !isSound && (
          <Alert color="red" role="alert">
            {words.invalid}
          </Alert>
        )}
        {isConflict(save.error) ? (
          <Conflict isLoading={reload.isPending} reload={() => reload.mutate(undefined, { onSuccess: takeOver })} />
        ) : (
          save.error && <Failure error={save.error} />
        )}
        <Group justify="end">
          <Button component={Link} href={toPolicyTab} variant="default">
            {words.discard}
          </Button>
          <Button type="submit" loading={save.isPending || save.isSuccess}>
            {words.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
