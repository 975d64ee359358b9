import { type Page, expect } from "@playwright/test";
import { runtime } from "./runtime";

const HOSTS = [new URL(runtime.CONSOLE_URL).host, new URL(runtime.API_URL).host];

/**
 * Gathers what must not happen in a page: errors in the console (breaches of the Content-Security-Policy are among them),
 * exceptions, requests to anybody but the console and the API.
 */
export class Faults {
  private readonly seen = new Set<string>();
  private readonly expected: RegExp[] = [
    // The machine's own network changed, as when a container comes or goes beside the tests: nothing that a page can do.
    /ERR_NETWORK_CHANGED/,
    // The edge takes the forms of strangers only so often a minute; tests that send them wait and send them again.
    /\/api\/auth\/\S+ .* 429/,
  ];

  watch(page: Page) {
    page.on("console", (message) => {
      if (message.type() === "error") this.add(page, `${message.location().url} ${message.text()}`);
    });
    page.on("pageerror", (error) => this.add(page, `exception: ${error.message}`));
    page.on("request", (request) => {
      const { protocol, host } = new URL(request.url());
      if (["http:", "https:", "ws:", "wss:"].includes(protocol) && !HOSTS.includes(host)) {
        this.add(page, `request to a third party: ${request.url()}`);
      }
    });
  }

  /** Says what is part of this test's story, such as the 403 of what is refused: `/403/`. */
  expect(...patterns: RegExp[]) {
    this.expected.push(...patterns);
  }

  assertNone() {
    expect([...this.seen].filter((fault) => !this.expected.some((pattern) => pattern.test(fault)))).toEqual([]);
  }

  private add(page: Page, fault: string) {
    const [line = ""] = fault.split("\n");
    this.seen.add(`${new URL(page.url()).pathname}: ${line.slice(0, 300)}`);
  }
}
