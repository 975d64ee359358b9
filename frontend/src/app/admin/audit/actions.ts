/** What the record calls acts: offered where one is typed. */
export const ACTIONS = [
  "audit_log.exported",
  "council.created",
  "council.delegation_ended",
  "council.policy_changed",
  "council.retired",
  "council.seat_delegated",
  "council.seat_given",
  "council.seat_taken",
  "dead_letters.retried",
  "invitation.accepted",
  "mandate.granted",
  "mandate.revoked",
  "password.changed",
  "password.reset_requested",
  "queue.paused",
  "queue.resumed",
  "recovery_code.used",
  "schedule.created",
  "secret.deleted",
  "secret.set",
  "session.ended",
  "session.opened",
  "session.refused",
  "step.completed",
  "step.failed",
  "totp.disabled",
  "totp.enabled",
  "user.changed",
  "user.created",
  "user.erased",
  "user.invited",
  "user.locked",
  "vote.cast",
  "webhook.created",
  "webhook.disabled",
  "workflow.approved",
  "workflow.blocked",
  "workflow.completed",
  "workflow.failed",
  "workflow.glass_broken",
  "workflow.proposed",
  "workflow.rejected",
  "workflow_type.changed",
  "workflow_type.created",
];

/** What rows can be about. */
export const KINDS = [
  "agent",
  "api_key",
  "audit_log",
  "council",
  "mandate",
  "queue",
  "schedule",
  "secret",
  "session",
  "user",
  "webhook",
  "workflow",
  "workflow_type",
];

const PAGES: Record<string, (id: string) => string> = {
  agent: (id) => `/admin/agents/${id}`,
  council: (id) => `/councils/${id}`,
  user: (id) => `/admin/users/${id}`,
  webhook: (id) => `/admin/webhooks/${id}`,
  workflow: (id) => `/workflows/${id}`,
  workflow_type: (id) => `/types/${id}`,
};

/** The page of what a row is about; null where there is none. */
export function pageOf(kind: string, id: string): string | null {
  return PAGES[kind]?.(encodeURIComponent(id)) ?? null;
}
