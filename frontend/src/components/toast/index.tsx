"use client";

import dynamic from "next/dynamic";
import { useSyncExternalStore } from "react";

// The code of toasts is fetched with the first of them.
const Notifications = dynamic(() => import("@mantine/notifications").then((module) => module.Notifications), {
  ssr: false,
});
let isWanted = false;
const followers = new Set<() => void>();

/** Where toasts appear. */
export function Toasts() {
  const isShown = useSyncExternalStore(
    follow,
    () => isWanted,
    () => false,
  );
  return isShown && <Notifications position="bottom-right" />;
}

/** Says for some seconds that something succeeded. */
export function toastDone(message: string, requestId?: string | null) {
  void fetchToasts().then((toasts) => toasts.showDone(message, requestId));
}

/** Says what went wrong, until it is closed: with the request to quote when asking for help. */
export function toastFailure(error: Error) {
  void fetchToasts().then((toasts) => toasts.showFailure(error));
}

function fetchToasts() {
  isWanted = true;
  for (const tell of followers) tell();
  return import("./toasts");
}

function follow(tell: () => void) {
  followers.add(tell);
  return () => void followers.delete(tell);
}
