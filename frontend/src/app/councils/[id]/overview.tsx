import { Anchor, Badge, Group, List, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import { type Council, isOpenIn, usePending } from "../queries";
import { Domains } from "../domains";
import { Actor } from "@/components/actor";
import { Empty } from "@/components/empty";
import { Pairs } from "@/components/facts";
import { Link } from "@/components/link";
import { Loaded } from "@/components/loaded";
import { inWords } from "@/components/policy-words";
import { Section } from "@/components/section";
import { Ago, Time, TimeLeft } from "@/components/time";
import { councilTexts } from "@/texts";

const words = councilTexts.overview;

/** What the council is for, who sits in it, what its policy says, and what waits for it. */
export function Overview({ council }: { council: Council }) {
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Stack>
        <Section title={words.about}>
          <Pairs
            of={[
              [words.purpose, council.purpose || words.noPurpose],
              [councilTexts.domains, <Domains key="domains" of={council} />],
              [words.id, council.id],
              [words.since, <Time key="since" at={council.created_at} />],
            ]}
          />
        </Section>
        {council.state === "active" && <Open council={council} />}
      </Stack>
      <Stack>
        <Section title={councilTexts.seats} aside={<To tab="people" of={council} label={words.toPeople} />}>
          {council.seats.length === 0 && <Text size="sm">{councilTexts.noSeats}</Text>}
          <Stack gap={6}>
            {council.seats.map(({ user_id, name, seat }) => (
              <Group key={user_id} gap="xs">
                <Text size="sm">{name}</Text>
                <Badge variant={seat === "chair" ? "light" : "default"} tt="none" size="sm">
                  {councilTexts.kinds[seat]}
                </Badge>
              </Group>
            ))}
          </Stack>
        </Section>
        <Section
          title={words.policy(council.policy_version)}
          aside={<To tab="policy" of={council} label={words.toPolicy} />}
        >
          <List size="sm" spacing={4}>
            {inWords(council.policy).map((sentence) => (
              <List.Item key={sentence}>{sentence}</List.Item>
            ))}
          </List>
        </Section>
      </Stack>
    </SimpleGrid>
  );
}

function To({ tab, of, label }: { tab: string; of: Council; label: string }) {
  return (
    <Anchor component={Link} href={`/councils/${of.id}?tab=${tab}`} size="sm">
      {label}
    </Anchor>
  );
}

function Open({ council }: { council: Council }) {
  const pending = usePending(council.id);
  return (
    <Section title={words.open}>
      <Loaded query={pending}>
        {({ workflows, isAll }) =>
          workflows.length === 0 ? (
            <Empty icon={IconInbox} title={words.openNone} hint={words.openNoneHint} />
          ) : (
            <Stack gap="sm">
              {workflows.map(({ id, workflow_type, reason, proposed_by, created_at, reviews }) => {
                const until = reviews.find(isOpenIn(council.id));
                return (
                  <div key={id}>
                    <Group justify="space-between" gap="xs">
                      <Anchor component={Link} href={`/workflows/${id}`} size="sm" fw={550}>
                        {workflow_type.name}
                      </Anchor>
                      {until && (
                        <Text size="sm" c="dimmed">
                          <TimeLeft until={until.deadline} />
                        </Text>
                      )}
                    </Group>
                    {reason && <Text size="sm">{reason}</Text>}
                    <Text size="sm" c="dimmed" component="div">
                      <Actor of={proposed_by} /> · <Ago at={created_at} />
                    </Text>
                  </div>
                );
              })}
              {!isAll && <Text size="sm">{words.openSome}</Text>}
            </Stack>
          )
        }
      </Loaded>
    </Section>
  );
}
