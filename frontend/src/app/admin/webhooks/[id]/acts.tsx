"use client";

import { Button } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Webhook, useChangeWebhook, useRemoveWebhook, useRotateSecret, useTestWebhook } from "../queries";
import { adminTexts } from "@/texts";

const Ask = dynamic(() => import("@/components/ask").then((module) => module.Ask), { ssr: false });
const ShownOnce = dynamic(() => import("@/components/shown-once").then((module) => module.ShownOnce), { ssr: false });
const WebhookForm = dynamic(() => import("../webhook-form").then((module) => module.WebhookForm), { ssr: false });

const text = adminTexts.webhook;

/** What can be done to a webhook. */
export function Acts({ webhook }: { webhook: Webhook }) {
  const [open, setOpen] = useState<"edit" | "rotate" | "remove" | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const isActive = webhook.state === "active";
  const test = useTestWebhook(webhook.id);
  const setState = useChangeWebhook(webhook.id, isActive ? text.paused : text.resumed);
  const rotate = useRotateSecret(webhook.id, setSecret);
  const remove = useRemoveWebhook(webhook.id);
  const close = () => setOpen(null);
  return (
    <>
      {isActive && (
        <Button loading={test.isPending} onClick={() => test.mutate()}>
          {text.test}
        </Button>
      )}
      <Button
        variant="default"
        loading={setState.isPending}
        onClick={() => setState.mutate({ state: isActive ? "paused" : "active" })}
      >
        {isActive ? text.pause : text.resume}
      </Button>
      <Button variant="default" onClick={() => setOpen("edit")}>
        {adminTexts.webhooks.edit}
      </Button>
      <Button variant="default" onClick={() => setOpen("rotate")}>
        {text.rotate}
      </Button>
      <Button variant="light" color="red" onClick={() => setOpen("remove")}>
        {text.remove}
      </Button>
      {open === "edit" && <WebhookForm webhook={webhook} onClose={close} />}
      {open === "rotate" && (
        <Ask
          isOpen
          onClose={close}
          title={text.rotateTitle}
          act={text.rotateAct}
          mutation={rotate}
        >
          {text.rotateHint}
        </Ask>
      )}
      {open === "remove" && (
        <Ask
          isOpen
          onClose={close}
          title={text.removeTitle}
          act={text.remove}
          isDangerous
          mutation={remove}
        >
          {text.removeHint}
        </Ask>
      )}
      {secret && (
        <ShownOnce
          title={adminTexts.webhooks.secretTitle}
          label={adminTexts.webhooks.secretLabel}
          value={secret}
          hint={adminTexts.webhooks.secretHint}
          onClose={() => setSecret(null)}
        />
      )}
    </>
  );
}
