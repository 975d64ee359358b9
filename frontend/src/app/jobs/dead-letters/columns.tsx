import { Button, Text } from "@mantine/core";
import type { DeadLetter } from "./queries";
import { NameLink } from "@/components/name-link";
import type { Column } from "@/components/rows";
import { Ago } from "@/components/time";
import { jobTexts } from "@/texts";

const words = jobTexts.dead;

/** What is said of a dead letter. */
export function columnsOf(retry: (one: DeadLetter) => void): Column<DeadLetter>[] {
  return [
    {
      label: words.workflow,
      width: "minmax(0, 1.5fr)",
      isPlain: true,
      cell: ({ workflow_id, workflow_type }) => (
        <NameLink href={`/workflows/${workflow_id}`} name={workflow_type.name} below={workflow_type.id} />
      ),
    },
    {
      label: words.step,
      width: "minmax(0, 1fr)",
      cell: ({ step }) =>
        step ? (
          <>
            <Text size="sm" span>
              {step.name}
            </Text>
            <Text size="xs" c="dimmed">
              {step.kind}, {words.attempts(step.attempts, step.max_attempts)}
            </Text>
          </>
        ) : (
          <Text size="sm" span>
            –
          </Text>
        ),
    },
    {
      label: words.error,
      width: "minmax(0, 2.2fr)",
      cell: ({ error, step, class: why }) => (
        <>
          <Text size="sm" span lineClamp={3} title={step?.error ?? error ?? ""}>
            {step?.error ?? error ?? words.noError}
          </Text>
          <Text size="xs" c="dimmed">
            {words.classes[why]}
          </Text>
        </>
      ),
    },
    {
      label: words.at,
      width: "7.5rem",
      cell: ({ failed_at }) => (
        <Text size="sm" span c="dimmed">
          <Ago at={failed_at} />
        </Text>
      ),
    },
    {
      label: words.act,
      width: "5.5rem",
      isPlain: true,
      isEnd: true,
      cell: (one) => (
        <Button
          size="xs"
          variant="default"
          aria-label={words.retryOf(one.workflow_type.name)}
          onClick={() => retry(one)}
        >
          {words.retry}
        </Button>
      ),
    },
  ];
}
