// The code of toasts is fetched with the first of them.

/** Says for some seconds that something succeeded. */
export function toastDone(message: string, requestId?: string | null) {
  void import("./toasts").then((toasts) => toasts.showDone(message, requestId));
}

/** Says what went wrong, until it is closed: with the request to quote when asking for help. */
export function toastFailure(error: Error) {
  void import("./toasts").then((toasts) => toasts.showFailure(error));
}
