"use client";

import { Alert, Anchor, Button, Group, Text } from "@mantine/core";
import { Link } from "@/components/link";
import { typeTexts } from "@/texts";

const words = typeTexts.editor;

type Props = { id: string; isLoading: boolean; onGoOn: () => void };

/** Somebody saved another version meanwhile: theirs can be seen, and gone on from with what was written here. */
export function Stale({ id, isLoading, onGoOn }: Props) {
  return (
    <Alert color="yellow" role="alert">
      <Text size="sm">{words.stale}</Text>
      <Group mt="xs" gap="sm">
        <Anchor component={Link} href={`/types/${encodeURIComponent(id)}`} target="_blank" size="sm">
          {words.seeTheirs}
        </Anchor>
        <Button size="xs" variant="default" loading={isLoading} onClick={onGoOn}>
          {words.goOn}
        </Button>
      </Group>
    </Alert>
  );
}
