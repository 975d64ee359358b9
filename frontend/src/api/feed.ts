import { createParser } from "eventsource-parser";
import type { Renewal } from "./tokens";
import type { components } from "./schema";

export type WorkflowEvent = components["schemas"]["WorkflowEvent"];

/** How the feed stands; `retryAt` is when it tries again, in milliseconds since 1970. */
export type FeedState = { is: "connecting" } | { is: "live" } | { is: "offline"; retryAt: number };

type Listener = {
  onEvent: (event: WorkflowEvent) => void;
  /** Something may have been missed. */
  onGap: () => void;
};

type Source = {
  url: string;
  token: () => string | null;
  renew: () => Promise<Renewal>;
  onState: (state: FeedState) => void;
};

/** The first and the longest wait between attempts, in milliseconds. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** The server says something every 15 seconds; who hears nothing for so long, in milliseconds, has lost it. */
const SILENCE = 40_000;

/**
 * Reads `/api/events` with `fetch`, since the browser's own EventSource can't send the token in a header. When it breaks off,
 * it is taken up again after the last event that was known.
 */
export class Feed {
  private listener: Listener | null = null;
  private abort = new AbortController();
  private lastId = "";
  private wait = FIRST_WAIT;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly source: Source) {}

  start(listener: Listener) {
    this.listener = listener;
    void this.connect();
  }

  stop() {
    this.listener = null;
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.abort.abort();
  }

  /** Does not wait for the next attempt. */
  reconnect() {
    if (!this.listener || this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.connect();
  }

  /** Takes the connection for lost, which nobody notices by itself before it has been silent for long. */
  lose() {
    this.abort.abort();
  }

  private async connect() {
    const abort = (this.abort = new AbortController());
    try {
      const response = await fetch(this.source.url, {
        headers: {
          authorization: `Bearer ${this.source.token() ?? ""}`,
          ...(this.lastId && { "last-event-id": this.lastId }),
        },
        signal: abort.signal,
        cache: "no-store",
      });
      if (response.status === 401) {
        if ((await this.source.renew()) === "refused") return;
      } else if (response.ok && response.body) {
        await this.read(response.body, abort);
      }
    } catch {
      // It broke off, or nobody was there: that is what the next attempt is for.
    }
    clearTimeout(this.watchdog);
    if (this.listener && abort === this.abort) this.retry();
  }

  private async read(body: ReadableStream<Uint8Array<ArrayBuffer>>, abort: AbortController) {
    const parser = createParser({
      onEvent: ({ event, id, data }) => {
        if (id) this.lastId = id;
        if (event === "workflow") this.listener?.onEvent(JSON.parse(data) as WorkflowEvent);
        if (event === "ready" || event === "reset") {
          this.wait = FIRST_WAIT;
          this.source.onState({ is: "live" });
        }
        if (event === "reset") this.listener?.onGap();
      },
    });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    // The first connection finds pages that have just been fetched; every later one those of before the gap.
    if (!this.lastId && this.wait !== FIRST_WAIT) this.listener?.onGap();
    for (;;) {
      clearTimeout(this.watchdog);
      this.watchdog = setTimeout(() => abort.abort(), SILENCE);
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(value);
    }
  }

  private retry() {
    // So that not all consoles come back at the same moment.
    const wait = this.wait * (0.5 + Math.random());
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    // A connection that the server ends at the token's end is taken up again before anybody sees it.
    if (wait < FIRST_WAIT * 2) this.source.onState({ is: "connecting" });
    else this.source.onState({ is: "offline", retryAt: Date.now() + wait });
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.connect();
    }, wait);
  }
}
