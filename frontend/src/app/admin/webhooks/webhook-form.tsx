"use client";

import { Checkbox, Stack, TextInput } from "@mantine/core";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { EVENTS, type Webhook, useAddWebhook, useChangeWebhook } from "./queries";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { formErrors } from "@/components/form-errors";
import { ShownOnce } from "@/components/shown-once";
import { adminTexts, texts } from "@/texts";

const text = adminTexts.webhooks;

/** Adds a webhook and shows its secret, or changes one. */
export function WebhookForm({ webhook, onClose }: { webhook?: Webhook; onClose: () => void }) {
  const router = useRouter();
  const [url, setUrl] = useState(webhook?.url ?? "https://");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [events, setEvents] = useState<string[]>(webhook?.events ?? EVENTS);
  const add = useAddWebhook();
  const change = useChangeWebhook(webhook?.id ?? "", text.saved);
  const used = webhook ? change : add;
  const said = formErrors(used.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = {
      url: url.trim(),
      description: description.trim(),
      events: EVENTS.filter((known) => events.includes(known)),
    };
    if (webhook) change.mutate(body, { onSuccess: onClose });
    else add.mutate(body);
  };
  if (add.data) {
    const { id, secret } = add.data;
    return (
      <ShownOnce
        title={text.secretTitle}
        label={text.secretLabel}
        value={secret}
        hint={text.secretHint}
        onClose={() => {
          onClose();
          router.push(`/admin/webhooks/${id}`);
        }}
      />
    );
  }
  return (
    <Dialog opened onClose={onClose} title={webhook ? text.edit : text.add}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={text.url}
            description={text.urlHint}
            type="url"
            data-autofocus
            required
            maxLength={2000}
            value={url}
            error={said["url"]}
            onChange={(event) => setUrl(event.currentTarget.value)}
          />
          <TextInput
            label={text.what}
            maxLength={200}
            value={description}
            error={said["description"]}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <Checkbox.Group
            label={text.events}
            value={events}
            onChange={setEvents}
            error={events.length === 0 ? text.noEvent : said["events"]}
          >
            <Stack gap="xs" mt="xs">
              {EVENTS.map((event) => (
                <Checkbox
                  key={event}
                  value={event}
                  label={text.eventTypes[event].label}
                  description={text.eventTypes[event].hint}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          {used.error && Object.keys(said).length === 0 && <Failure error={used.error} />}
          <DialogActs onCancel={onClose} type="submit" loading={used.isPending} disabled={events.length === 0}>
            {webhook ? texts.save : text.addAct}
          </DialogActs>
        </Stack>
      </form>
    </Dialog>
  );
}
