"use client";

import { Badge, Card, Group, List, Loader, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useCouncils } from "./queries";

import { Failure } from "@/components/failure";
import { inWords } from "@/components/policy-words";
import { councilTexts, texts } from "@/texts";

export default function Councils() {
  const councils = useCouncils();
  return (
    <Stack>
      <Title order={2}>{councilTexts.title}</Title>
      {councils.isPending && <Loader aria-label={texts.loading} />}
      {councils.error && <Failure error={councils.error} retry={() => void councils.refetch()} />}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {councils.data?.map((council) => (
          <Card key={council.id} withBorder component="article">
            <Group gap="xs">
              <Title order={3} size="h4">
                {council.name}
              </Title>
              {council.is_default && <Badge variant="default">{councilTexts.default}</Badge>}
            </Group>
            <Text c="dimmed" size="sm">
              {council.purpose}
            </Text>
            <Text size="sm" mt="sm">
              <b>{councilTexts.domains}</b> {council.domains.join(", ") || councilTexts.everything}
            </Text>
            <Text size="sm" fw={700} mt="sm">
              {councilTexts.seats}
            </Text>
            {council.seats.length === 0 && <Text size="sm">{councilTexts.noSeats}</Text>}
            {council.seats.map((seat) => (
              <Text key={seat.user_id} size="sm">
                {seat.name} ({seat.seat})
              </Text>
            ))}
            <Text size="sm" fw={700} mt="sm">
              {councilTexts.policy(council.policy_version)}
            </Text>
            <List size="sm">
              {inWords(council.policy).map((sentence) => (
                <List.Item key={sentence}>{sentence}</List.Item>
              ))}
            </List>
          </Card>
        ))}
      </SimpleGrid>
    </Stack>
  );
}
