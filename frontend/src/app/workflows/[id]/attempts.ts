import type { Detail } from "../queries";

type StepView = Detail["steps"][number];

export type Attempt = { at: string; number: number; error: string | null };

export type Story = {
  attempts: Attempt[];
  /** When it goes on, while it waits for another attempt or for a time. */
  wait: { is: "retry" | "delay"; until: string } | null;
};

/** What the timeline says about a step: its attempts, and what it waits for now. */
export function storyOf(step: StepView, timeline: Detail["timeline"]): Story {
  const about = timeline.filter(({ detail }) => (detail as Record<string, unknown>).step === step.name);
  const attempts = about
    .filter(({ event }) => ["step_will_be_retried", "step_failed", "step_completed"].includes(event))
    .map(({ at, detail }) => {
      const { attempt, error } = detail as { attempt?: number; error?: string | null };
      return { at, number: attempt ?? 0, error: error ?? null };
    });
  const last = about.at(-1);
  const waits = last && (last.event === "step_will_be_retried" || last.event === "step_waits");
  if (!waits || step.status === "completed" || step.status === "failed") return { attempts, wait: null };
  const { retry_in_seconds: pause, seconds } = last.detail as { retry_in_seconds?: number; seconds?: number };
  const until = new Date(Date.parse(last.at) + 1000 * (pause ?? seconds ?? 0)).toISOString();
  return { attempts, wait: { is: last.event === "step_waits" ? "delay" : "retry", until } };
}
