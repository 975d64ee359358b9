"use client";

import { Alert, Anchor, Stack, Text, TextInput, Textarea } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Detail, useBreakGlass } from "../queries";
import { unwrap } from "@/api/error";
import { useSession } from "@/api/session";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { Link } from "@/components/link";
import { Loaded } from "@/components/loaded";
import { workflowTexts } from "@/texts";

const words = workflowTexts.acts;
const SHORTEST_REASON = 20;

/** Runs a workflow before its approval, with a code of the admin's authenticator and a reason. */
export function BreakGlass({ workflow, onClose }: { workflow: Detail; onClose: () => void }) {
  const { api } = useSession();
  const factor = useQuery({
    queryKey: ["account", "totp"],
    queryFn: async () => unwrap(await api.GET("/api/auth/totp")),
  });
  return (
    <Dialog opened onClose={onClose} title={words.glassTitle}>
      <Stack>
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />}>
          {words.glassBody}
        </Alert>
        <Loaded query={factor}>
          {({ enabled }) =>
            enabled ? (
              <Form workflow={workflow} onClose={onClose} />
            ) : (
              <Text size="sm">
                {words.glassNoFactor}{" "}
                <Anchor component={Link} href="/account" size="sm">
                  {words.glassSetUp}
                </Anchor>
              </Text>
            )
          }
        </Loaded>
      </Stack>
    </Dialog>
  );
}

function Form({ workflow, onClose }: { workflow: Detail; onClose: () => void }) {
  const [code, setCode] = useState("");
  const [reason, setReason] = useState("");
  const glass = useBreakGlass(workflow);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    glass.mutate({ code: code.trim(), reason: reason.trim() }, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Textarea
          label={words.glassReason}
          description={words.glassReasonHint}
          required
          autosize
          minRows={2}
          minLength={SHORTEST_REASON}
          maxLength={2000}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <TextInput
          label={words.glassCode}
          description={words.glassCodeHint}
          required
          autoComplete="one-time-code"
          inputMode="numeric"
          minLength={6}
          maxLength={40}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        {glass.error && <Failure error={glass.error} />}
        <DialogActs onCancel={onClose} type="submit" color="red.9" loading={glass.isPending}>
          {words.glassAct}
        </DialogActs>
      </Stack>
    </form>
  );
}
