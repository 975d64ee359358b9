"use client";

import { Alert, Button, Group, Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { type Detail, useRetry } from "../queries";
import type { components } from "@/api/schema";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { Failure } from "@/components/failure";
import { texts, workflowTexts } from "@/texts";

type RetryFrom = components["schemas"]["RetryFrom"];

const words = workflowTexts.acts;

/** Which run, and the names of the councils that may have to vote on it again. */
type Props = {
  workflow: Pick<Detail, "id"> & { reviews: Pick<Detail["reviews"][number], "council_id" | "council_name">[] };
  onClose: () => void;
};

/** Has a failed run tried again, and says who has to vote again first. */
export function Retry({ workflow, onClose }: Props) {
  const [from, setFrom] = useState<RetryFrom>("failed_step");
  const retry = useRetry(workflow.id);
  const nameOf = (council: string) =>
    workflow.reviews.find(({ council_id }) => council_id === council)?.council_name ?? council;
  if (retry.data) {
    const again = retry.data.new_votes.map(
      ({ council_id, because }) => `${nameOf(council_id)} (${words.because[because]})`,
    );
    return (
      <Dialog opened onClose={onClose} title={words.retried}>
        <Stack>
          <Alert color={again.length > 0 ? "yellow" : "teal"} role="status">
            {again.length > 0 ? words.newVotes(again.join(", ")) : words.retried}
          </Alert>
          <Group justify="end">
            <Button onClick={onClose}>{texts.close}</Button>
          </Group>
        </Stack>
      </Dialog>
    );
  }
  return (
    <Dialog opened onClose={onClose} title={words.retryTitle}>
      <Stack>
        <Text size="sm">{words.retryBody}</Text>
        <Radio.Group label={words.retryFrom} value={from} onChange={(value) => setFrom(value as RetryFrom)}>
          <Stack gap="xs" mt={4}>
            <Radio value="failed_step" label={words.retryFailed} />
            <Radio value="start" label={words.retryStart} />
          </Stack>
        </Radio.Group>
        {retry.error && <Failure error={retry.error} />}
        <DialogActs onCancel={onClose} loading={retry.isPending} onClick={() => retry.mutate(from)}>
          {words.retryAct}
        </DialogActs>
      </Stack>
    </Dialog>
  );
}
