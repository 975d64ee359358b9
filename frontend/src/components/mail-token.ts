"use client";

import { useSyncExternalStore } from "react";

let kept: string | undefined;

/**
 * Takes the token of a mail's link, which stands in the address after the #, out of the address: nobody who looks at the screen or
 * into the history gets to see it.
 */
function take() {
  const found = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (found) window.history.replaceState(null, "", window.location.pathname);
  kept = found ?? kept ?? "";
}

function subscribe(tell: () => void) {
  const again = () => {
    take();
    tell();
  };
  again();
  window.addEventListener("hashchange", again);
  return () => window.removeEventListener("hashchange", again);
}

/** The token of the mail's link that led here; empty when there was none, undefined while the page is still being built. */
export function useMailToken(): string | undefined {
  return useSyncExternalStore(
    subscribe,
    () => kept,
    () => undefined,
  );
}

/** Forgets the token: it was used. */
export function forgetMailToken() {
  kept = undefined;
}
