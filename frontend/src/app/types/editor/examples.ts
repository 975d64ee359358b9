import type { Step } from "../queries";

export type Kind = Step["kind"];

/** What each kind of step can be told, as docs/steps.md has it. */
export const EXAMPLES: Record<Kind, Record<string, unknown>> = {
  http_request: {
    method: "PUT",
    url: "{{ inputs.site }}/pages/{{ inputs.path | urlencode }}",
    headers: { "X-Source": "codex-dominion" },
    text: "<h1>{{ inputs.title }}</h1>",
    content_type: "text/html",
    expect_status: [200, 201, 204],
    output: "json",
  },
  send_email: {
    to: "{{ inputs.reviewers }}",
    cc: ["web@example.com"],
    subject: "{{ inputs.title }} is published",
    text: "See {{ inputs.url }}",
  },
  render_template: { template: "<h1>{{ inputs.title }}</h1>", format: "html" },
  transform: { value: { total: "{{ inputs.price * inputs.count }}", tags: ["{{ inputs.tag }}", "new"], urgent: true } },
  condition: { if: "inputs.amount > 5000", then: ["ask"], else: ["note"] },
  delay: { hours: 8 },
  approval: { council: "web-team", question: "Send it to {{ inputs.count }} people?" },
  "report.weekly": { time_zone: "Europe/Berlin", recipients: ["board@example.com"] },
  "maintenance.cleanup": { older_than_days: 365, what: ["outputs", "webhook_deliveries"], dry_run: true },
  grant_mandate: {},
};

/** The kinds that a type may have; mandates are granted by a type of the product's own. */
export const KINDS: Kind[] = (Object.keys(EXAMPLES) as Kind[]).filter((kind) => kind !== "grant_mandate");
