import { Group, Text } from "@mantine/core";
import { IconCheck, IconMinus, IconX } from "@tabler/icons-react";
import type { Review } from "../queries";
import type { Detail } from "./queries";
import classes from "./inbox.module.css";
import { Ago } from "@/components/time";
import { inboxTexts } from "@/texts";

const ICONS = { approve: IconCheck, reject: IconX, abstain: IconMinus };

/** How the votes stand: a bar of the seats, and the same in words. */
export function Tally({ of }: { of: Review["tally"] }) {
  const all = Math.max(of.seats, of.approve + of.reject + of.abstain, 1);
  const share = (votes: number) => `${(100 * votes) / all}%`;
  return (
    <div>
      <div className={classes.bar} aria-hidden>
        <span data-vote="approve" style={{ width: share(of.approve) }} />
        <span data-vote="reject" style={{ width: share(of.reject) }} />
        <span data-vote="abstain" style={{ width: share(of.abstain) }} />
      </div>
      <Text size="xs" c="dimmed" mt={4} data-testid="tally">
        {inboxTexts.tally(of)}
      </Text>
    </div>
  );
}

/** Who voted what, and why. */
export function Votes({ votes }: { votes: Detail["votes"] }) {
  if (votes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {inboxTexts.nobodyYet}
      </Text>
    );
  }
  return (
    <ul className={classes.plain} aria-label={inboxTexts.votedList}>
      {votes.map((vote) => {
        const Icon = ICONS[vote.vote];
        return (
          <li key={`${vote.council_id}/${vote.round}/${vote.voter.id}`}>
            <Group gap={6} wrap="nowrap" align="start">
              <Icon size={16} className={classes.voteIcon} data-vote={vote.vote} aria-hidden />
              <div>
                <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                  <b>{vote.voter.name}</b> {inboxTexts.chosen[vote.vote]}
                  {vote.as_admin && ` (${inboxTexts.asAdmin})`}{" "}
                  <Text span size="xs" c="dimmed">
                    <Ago at={vote.cast_at} />
                  </Text>
                </Text>
                {vote.comment && (
                  <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
                    {vote.comment}
                  </Text>
                )}
              </div>
            </Group>
          </li>
        );
      })}
    </ul>
  );
}
