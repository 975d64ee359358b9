import { Alert, Button, Group, Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Filter } from "./filter";
import { Outcomes } from "./outcomes";
import { type DeadLetter, type RetryFrom, useRetryAll } from "./queries";
import { Dialog } from "@/components/dialog";
import { Failure } from "@/components/failure";
import { jobTexts, texts } from "@/texts";

const words = jobTexts.dead;

type Props = { filter: Filter; rows: DeadLetter[]; onClose: () => void };

/** Retries all that the filter names: first shows what would become of each, then does it. */
export default function RetryAll({ filter, rows, onClose }: Props) {
  // What the list shows while this is open changes with what is done here.
  const [[wanted, known]] = useState([filter, rows] as const);
  const [from, setFrom] = useState<RetryFrom>("failed_step");
  const foresee = useRetryAll(wanted);
  const retry = useRetryAll(wanted);
  const done = retry.data;
  const shown = done ?? foresee.data;
  const able = foresee.data ? foresee.data.counts.queued + foresee.data.counts.pending_review : 0;
  const look = (begin: RetryFrom) => {
    retry.reset();
    foresee.mutate({ from: begin, isDry: true });
  };
  const error = foresee.error ?? retry.error;
  return (
    <Dialog opened onClose={onClose} title={words.bulkTitle} size="xl">
      <Stack>
        <Text size="sm">{words.bulkBody}</Text>
        <Radio.Group
          label={words.beginAt}
          value={from}
          onChange={(value) => {
            setFrom(value as RetryFrom);
            // What was foreseen is no longer what would be done.
            foresee.reset();
            retry.reset();
          }}
        >
          <Stack gap="xs" mt={4}>
            <Radio value="failed_step" label={words.failedStep} disabled={retry.isPending} />
            <Radio value="start" label={words.start} disabled={retry.isPending} />
          </Stack>
        </Radio.Group>
        {shown && <Outcomes of={shown} rows={known} />}
        {foresee.data && !done && able === 0 && <Alert color="yellow">{words.nothingToDo}</Alert>}
        {error && <Failure error={error} />}
        <Group justify="end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {done ? texts.close : texts.cancel}
          </Button>
          {done ? (
            done.more && (
              <Button onClick={() => look(from)} loading={foresee.isPending}>
                {words.next}
              </Button>
            )
          ) : able > 0 ? (
            <Button onClick={() => retry.mutate({ from, isDry: false })} loading={retry.isPending}>
              {words.retryN(able)}
            </Button>
          ) : (
            <Button onClick={() => look(from)} loading={foresee.isPending}>
              {words.foresee}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}
