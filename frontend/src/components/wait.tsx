"use client";

import { Alert } from "@mantine/core";
import { IconClockPause } from "@tabler/icons-react";
import type { UseMutationResult } from "@tanstack/react-query";
import { duration, useNow } from "./time";
import { ApiError } from "@/api/error";
import { signInTexts } from "@/texts";

/** How long to wait when the answer does not say, in seconds: what the edge's limit of five a minute comes to. */
const USUAL_WAIT = 12;

/** Until when who was told "too many attempts" has to wait, in milliseconds since 1970; null for who was not. */
export function waitOf({ error, submittedAt }: Pick<UseMutationResult<unknown, Error>, "error" | "submittedAt">) {
  if (!(error instanceof ApiError) || error.status !== 429) return null;
  return submittedAt + (error.retryAfter ?? USUAL_WAIT) * 1000;
}

/** How long there is still to wait, in words, kept up to date; null once it is over. */
export function useWaitLeft(until: number | null): string | null {
  const now = useNow(1000);
  const left = until === null ? 0 : Math.ceil((until - now) / 1000);
  return left > 0 ? duration(left) : null;
}

/** Says how long to wait before the next attempt, counting down. */
export function TooMany({ left }: { left: string | null }) {
  return (
    <Alert color={left ? "yellow" : "blue"} title={signInTexts.tooMany} icon={<IconClockPause aria-hidden />} role="alert">
      {/* Who hears the page is told once, not every second. */}
      <span aria-live="off">{left ? signInTexts.tooManyIn(left) : signInTexts.tooManyOver}</span>
    </Alert>
  );
}
