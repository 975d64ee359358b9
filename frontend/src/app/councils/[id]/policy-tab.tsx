import { Button, Collapse, List, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Compare } from "./compare";
import { History } from "./history";
import { type Council, useVersions } from "../queries";
import { useIsAdmin } from "@/api/session";
import { Json } from "@/components/code";
import { Link } from "@/components/link";
import { Loaded } from "@/components/loaded";
import { inWords } from "@/components/policy-words";
import { Section } from "@/components/section";
import { councilTexts } from "@/texts";

const words = councilTexts.policy;

/** The policy in force, and how it came to be. */
export function PolicyTab({ council }: { council: Council }) {
  const isAdmin = useIsAdmin();
  const versions = useVersions(council.id);
  const [isRaw, setRaw] = useState(false);
  return (
    <Stack>
      <Section
        title={words.title}
        description={words.inForce(council.policy_version)}
        aside={
          isAdmin &&
          council.state === "active" && (
            <Button component={Link} href={`/councils/${council.id}?tab=policy&edit=1`} size="xs">
              {words.edit}
            </Button>
          )
        }
      >
        <List spacing={4}>
          {inWords(council.policy).map((sentence) => (
            <List.Item key={sentence}>{sentence}</List.Item>
          ))}
        </List>
        <Button
          variant="subtle"
          size="compact-sm"
          mt="sm"
          style={{ alignSelf: "start" }}
          aria-expanded={isRaw}
          onClick={() => setRaw(!isRaw)}
        >
          {isRaw ? words.hideRaw : words.showRaw}
        </Button>
        <Collapse expanded={isRaw}>{isRaw && <Json value={council.policy} label={words.raw} />}</Collapse>
      </Section>
      <Loaded query={versions}>
        {(all) => (
          <>
            <Section title={words.history} description={words.historyHint}>
              <History versions={all} />
            </Section>
            <Section title={words.compare}>
              {all.length > 1 ? (
                <Compare council={council.id} versions={all} />
              ) : (
                <Text size="sm">{words.onlyOne}</Text>
              )}
            </Section>
          </>
        )}
      </Loaded>
    </Stack>
  );
}
