"use client";

import { Card, Group, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconSearch, IconTemplate } from "@tabler/icons-react";
import classes from "./propose.module.css";
import { type WorkflowType, useTypes } from "../types/queries";
import { domainsOf, matching } from "../types/search";
import { Empty } from "@/components/empty";
import { useFilters } from "@/components/filters";
import { Link } from "@/components/link";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { proposeTexts } from "@/texts";

/** Every workflow type as a card, by domain. */
export function Choose() {
  const types = useTypes();
  const { chosen, choose } = useFilters("q", "domain");
  return (
    <Page title={proposeTexts.title} description={proposeTexts.purpose}>
      <Loaded query={types}>
        {(all) => {
          if (all.length === 0) {
            return <Empty icon={IconTemplate} title={proposeTexts.noTypes} hint={proposeTexts.noTypesHint} />;
          }
          const found = matching(all, chosen.q, chosen.domain);
          return (
            <Stack gap="lg">
              <Group gap="sm" align="end" role="search">
                <TextInput
                  type="search"
                  label={proposeTexts.search}
                  placeholder={proposeTexts.searchHint}
                  leftSection={<IconSearch size={16} aria-hidden />}
                  defaultValue={chosen.q ?? ""}
                  onChange={(event) => choose({ q: event.currentTarget.value || null })}
                  style={{ flex: "1 1 16rem", maxWidth: "26rem" }}
                />
                <NativeSelect
                  label={proposeTexts.domain}
                  value={chosen.domain ?? ""}
                  onChange={(event) => choose({ domain: event.currentTarget.value || null })}
                  data={[{ value: "", label: proposeTexts.allDomains }, ...domainsOf(all)]}
                />
              </Group>
              {found.length === 0 ? (
                <Empty icon={IconSearch} title={proposeTexts.noMatch} hint={proposeTexts.noMatchHint} />
              ) : (
                domainsOf(found).map((domain) => (
                  <Domain key={domain} name={domain} types={found.filter((type) => type.domain === domain)} />
                ))
              )}
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Domain({ name, types }: { name: string; types: WorkflowType[] }) {
  return (
    <section aria-label={name}>
      <Title order={2} size="h5" mb="xs">
        {name}
      </Title>
      <ul className={classes.cards}>
        {types.map((type) => (
          <li key={type.id}>
            <Card
              withBorder
              padding="md"
              component={Link}
              href={`/propose?type=${encodeURIComponent(type.id)}`}
              className={classes.card}
            >
              <Text fw={600}>{type.name}</Text>
              <Text size="sm" c="dimmed" lineClamp={3} mt={2}>
                {type.description}
              </Text>
              <Text size="xs" c="dimmed" mt="xs" style={{ overflowWrap: "anywhere" }}>
                {type.id}
              </Text>
            </Card>
          </li>
        ))}
      </ul>
    </section>
  );
}
