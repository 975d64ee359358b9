import { Skeleton, Text } from "@mantine/core";
import { usePolicy } from "./queries";
import type { Review } from "../queries";
import type { components } from "@/api/schema";
import { duration } from "@/components/time";
import { inboxTexts } from "@/texts";

/** What the policy that a review was opened under makes of votes, in a sentence or two. */
export function PolicyLine({ review }: { review: Review }) {
  const { data, error } = usePolicy(review.council_id, review.policy_version);
  if (data) {
    return (
      <Text size="sm" title={inboxTexts.policy.label(review.policy_version)}>
        {gist(data)}
      </Text>
    );
  }
  if (error || data === null) {
    return (
      <Text size="sm" c="dimmed">
        {inboxTexts.policy.label(review.policy_version)}
      </Text>
    );
  }
  return <Skeleton height={16} width="70%" />;
}

function gist(policy: components["schemas"]["Policy"]): string {
  const { rule, veto, expiry, coolingOff } = inboxTexts.policy;
  return [
    rule(policy.decision_rule),
    policy.chair_veto && veto,
    expiry[policy.on_expiry ?? "reject"],
    policy.cooling_off_seconds && coolingOff(duration(policy.cooling_off_seconds)),
  ]
    .filter(Boolean)
    .join(" ");
}
