"use client";

import { Anchor, Button, Group, Text } from "@mantine/core";
import { type Edition, useEditions } from "../queries";
import classes from "../types.module.css";
import { Link } from "@/components/link";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { Time } from "@/components/time";
import { texts, typeTexts as words } from "@/texts";

/** Every version: who saved it, when, and what it changed. */
export function Versions({ id, shown }: { id: string; shown: number }) {
  const editions = useEditions(id);
  return (
    <Section title={words.versions} description={words.versionsHint}>
      <Loaded query={editions}>
        {({ pages }) => (
          <>
            <ol className={classes.versions} reversed>
              {pages.flatMap(({ versions }) =>
                versions.map((edition) => (
                  <Version key={edition.version} id={id} edition={edition} isShown={edition.version === shown} />
                )),
              )}
            </ol>
            {editions.hasNextPage && (
              <Button
                mt="sm"
                variant="subtle"
                size="compact-sm"
                loading={editions.isFetchingNextPage}
                onClick={() => void editions.fetchNextPage()}
              >
                {texts.more}
              </Button>
            )}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function Version({ id, edition, isShown }: { id: string; edition: Edition; isShown: boolean }) {
  const { version, created_at, created_by_name, changes } = edition;
  return (
    <li aria-current={isShown || undefined}>
      <Group gap="xs">
        <Anchor component={Link} href={`/types/${encodeURIComponent(id)}?version=${version}`} size="sm" fw={600}>
          {words.version(version)}
        </Anchor>
        <Text size="sm" c="dimmed" component="span">
          {created_by_name ? words.savedBy(created_by_name) : words.product} · <Time at={created_at} />
        </Text>
      </Group>
      {version === 1 ? (
        <Text size="sm" c="dimmed" mt={4}>
          {words.firstVersion}
        </Text>
      ) : (
        <ul className={classes.changes}>
          {changes.map(({ pointer, sentence }) => (
            <li key={pointer}>{sentence}</li>
          ))}
        </ul>
      )}
    </li>
  );
}
