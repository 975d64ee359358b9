import { Skeleton, Text } from "@mantine/core";
import { usePolicy } from "./queries";
import type { Review } from "../queries";
import { type PolicyField, inShort } from "@/components/policy-words";
import { inboxTexts } from "@/texts";

/** What a policy says about how votes end. */
const OF_VOTES: PolicyField[] = [
  "decision_rule",
  "chair_veto",
  "voting_period_seconds",
  "on_expiry",
  "cooling_off_seconds",
];

/** What the policy that a review was opened under makes of votes, in a sentence or two. */
export function PolicyLine({ review }: { review: Review }) {
  const { data, error } = usePolicy(review.council_id, review.policy_version);
  if (data) {
    return (
      <Text size="sm" title={inboxTexts.policy.label(review.policy_version)}>
        {inShort(data, OF_VOTES)}
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
