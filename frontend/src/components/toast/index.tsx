"use client";

import { useEffect, useState } from "react";

type Code = typeof import("./toasts");

/**
 * When the code of toasts is fetched if none was shown before, in milliseconds: after the page, and before the network may be
 * gone, which is what a toast may have to tell.
 */
const AHEAD = 4000;

let onLoaded: ((code: Code) => void) | null = null;

/** Where toasts appear. */
export function Toasts() {
  const [Notifications, setNotifications] = useState<Code["Notifications"] | null>(null);
  useEffect(() => {
    onLoaded = (code) => setNotifications(() => code.Notifications);
    const timer = setTimeout(() => withCode(() => undefined), AHEAD);
    return () => {
      onLoaded = null;
      clearTimeout(timer);
    };
  }, []);
  return Notifications && <Notifications position="bottom-right" />;
}

/** Says for some seconds that something succeeded. */
export function toastDone(message: string, requestId?: string | null) {
  withCode((code) => code.showDone(message, requestId));
}

/** Says what went wrong, until it is closed: with the request to quote when asking for help. */
export function toastFailure(error: Error) {
  withCode((code) => code.showFailure(error));
}

/** Where the code can't be fetched, nothing is said: a page that breaks over it would be worse. */
function withCode(act: (code: Code) => void) {
  import("./toasts").then(
    (code) => {
      onLoaded?.(code);
      act(code);
    },
    () => undefined,
  );
}
