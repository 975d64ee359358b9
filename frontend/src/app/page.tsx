"use client";

import { Center, Loader, Stack, Text, Title } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import { useInbox } from "./queries";
import { VoteCard } from "./vote-card";
import { Failure } from "@/components/failure";
import { inboxTexts, texts } from "@/texts";

export default function Inbox() {
  const inbox = useInbox();
  return (
    <Stack>
      <Title order={2}>{inboxTexts.title}</Title>
      {inbox.isPending && <Loader aria-label={texts.loading} />}
      {inbox.error && <Failure error={inbox.error} retry={() => void inbox.refetch()} />}
      {inbox.data?.length === 0 && (
        <Center mih={240}>
          <Stack align="center" gap={4}>
            <IconInbox size={40} aria-hidden />
            <Text fw={500}>{inboxTexts.empty}</Text>
            <Text c="dimmed">{inboxTexts.emptyHint}</Text>
          </Stack>
        </Center>
      )}
      {inbox.data?.map((workflow) => <VoteCard key={workflow.id} workflow={workflow} />)}
    </Stack>
  );
}
