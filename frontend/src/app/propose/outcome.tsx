"use client";

import { Anchor, Group, List, Text, ThemeIcon } from "@mantine/core";
import { IconBan, IconFileCertificate, IconGavel, IconPlayerPlay } from "@tabler/icons-react";
import { sentenceOf } from "./foreseen";
import { type Council, type Draft, type Foreseen, useForeseen, useResponsible } from "./queries";
import { Link } from "@/components/link";
import { Loaded } from "@/components/loaded";
import { inWords } from "@/components/policy-words";
import { Section } from "@/components/section";
import { proposeTexts as words } from "@/texts";

const LOOKS = {
  blocked: { color: "red.9", icon: IconBan },
  review: { color: "indigo.8", icon: IconGavel },
  mandate: { color: "teal.9", icon: IconFileCertificate },
  straight_through: { color: "teal.9", icon: IconPlayerPlay },
};

/** What would become of the proposal, and which council says so. */
export function Outcome(draft: Draft) {
  const councils = useResponsible(draft.type.domain);
  const foreseen = useForeseen(draft, councils.data?.[0]?.id);
  return (
    <Section title={words.outcome} description={words.outcomeHint}>
      <Loaded query={councils}>
        {(answering) =>
          answering.length === 0 ? (
            <Text size="sm">{words.noCouncil}</Text>
          ) : (
            <Loaded query={foreseen}>
              {(overall) => (
                <div aria-live="polite" aria-busy={foreseen.isFetching}>
                  <Said overall={overall} councils={answering} />
                  {!draft.inputs && overall.outcome !== "blocked" && (
                    <Text size="xs" c="dimmed" mt="sm">
                      {words.inputsAside}
                    </Text>
                  )}
                </div>
              )}
            </Loaded>
          )
        }
      </Loaded>
    </Section>
  );
}

function Said({ overall, councils }: { overall: Foreseen; councils: Council[] }) {
  const { color, icon: Icon } = LOOKS[overall.outcome];
  return (
    <>
      <Group gap="xs" wrap="nowrap">
        <ThemeIcon color={color} radius="xl" aria-hidden>
          <Icon size={16} />
        </ThemeIcon>
        <Text fw={600}>{words.outcomes[overall.outcome]}</Text>
      </Group>
      <Text size="sm" c="dimmed" mt={4}>
        {words.outcomeMore[overall.outcome]}
      </Text>
      {overall.mandate_id && (
        <Anchor component={Link} href={`/workflows/${overall.mandate_id}`} size="sm">
          {words.mandate}
        </Anchor>
      )}
      <List size="sm" mt="sm" spacing={6} listStyleType="none">
        {overall.findings.map((finding) => {
          const council = councils.find(({ id }) => id === finding.council_id);
          return (
            <List.Item key={finding.council_id}>
              <Anchor component={Link} href={`/councils/${finding.council_id}`} size="sm" fw={600}>
                {council?.name ?? finding.council_id}
              </Anchor>
              <Text size="sm">{sentenceOf(finding)}</Text>
              {overall.outcome === "review" && finding.because !== "not_asked" && council && (
                <Text size="xs" c="dimmed">
                  {words.rule(inWords(council.policy)[0] ?? "")}
                </Text>
              )}
            </List.Item>
          );
        })}
      </List>
    </>
  );
}
