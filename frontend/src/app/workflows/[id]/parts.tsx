import { Card, Code, Group, Stack, Text, Timeline, Title } from "@mantine/core";
import type { components } from "@/api/schema";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { workflowTexts } from "@/texts";

type Detail = components["schemas"]["Detail"];

export function Reviews({ workflow }: { workflow: Detail }) {
  return (
    <Card withBorder>
      <Title order={3} size="h5" mb="xs">
        {workflowTexts.reviews}
      </Title>
      {workflow.reviews.map((review) => (
        <Group key={review.council_id} gap="xs">
          <Text fw={500}>{review.council_name}</Text>
          <StatusBadge status={review.outcome} />
          <Text size="sm" c="dimmed">
            {workflowTexts.tally(review.tally)}
          </Text>
        </Group>
      ))}
      <Title order={4} size="h6" mt="sm">
        {workflowTexts.votes}
      </Title>
      {workflow.votes.length === 0 && <Text c="dimmed">{workflowTexts.noVotes}</Text>}
      {workflow.votes.map((vote) => (
        <Text key={`${vote.council_id}/${vote.voter.id}`} size="sm">
          <b>{vote.voter.name}</b> {vote.as_admin && `(${workflowTexts.asAdmin}) `}
          {vote.vote}
          {vote.comment && `: ${vote.comment}`}{" "}
          <Text span c="dimmed">
            <Time at={vote.cast_at} />
          </Text>
        </Text>
      ))}
    </Card>
  );
}

export function Steps({ steps }: { steps: Detail["steps"] }) {
  return (
    <Card withBorder>
      <Title order={3} size="h5" mb="xs">
        {workflowTexts.steps}
      </Title>
      <Stack gap="sm">
        {steps.map((step) => (
          <div key={step.position}>
            <Group gap="xs">
              <Text fw={500}>{step.name}</Text>
              <Text size="sm" c="dimmed">
                {step.kind}
              </Text>
              <StatusBadge status={step.status} />
              {step.attempt > 0 && (
                <Text size="sm" c="dimmed">
                  {workflowTexts.attempt(step.attempt)}
                </Text>
              )}
            </Group>
            {step.error && (
              <Text size="sm" c="red">
                {step.error}
              </Text>
            )}
            {step.output !== null && step.output !== undefined && (
              <Code block mt={4}>
                {JSON.stringify(step.output, null, 2)}
              </Code>
            )}
          </div>
        ))}
      </Stack>
    </Card>
  );
}

export function History({ timeline }: { timeline: Detail["timeline"] }) {
  return (
    <Card withBorder>
      <Title order={3} size="h5" mb="sm">
        {workflowTexts.timeline}
      </Title>
      <Timeline bulletSize={14} lineWidth={2} active={timeline.length}>
        {timeline.map((event, index) => (
          <Timeline.Item key={index} title={event.event.replaceAll("_", " ")}>
            <Text size="sm" c="dimmed">
              {event.actor.name ?? event.actor.kind}, <Time at={event.at} />
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
    </Card>
  );
}
