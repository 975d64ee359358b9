import { Alert, List, Text, ThemeIcon } from "@mantine/core";
import { IconCheck, IconQuestionMark, IconX } from "@tabler/icons-react";
import type { Finding } from "@/evidence/verify";
import { workflowTexts } from "@/texts";

const words = workflowTexts.evidence;

const LOOKS = {
  holds: { color: "teal.9", icon: IconCheck },
  broken: { color: "red.9", icon: IconX },
  open: { color: "gray.7", icon: IconQuestionMark },
};

/** What each check came to, in a sentence, and all of them together. */
export function Findings({ of }: { of: Finding[] }) {
  const isBroken = of.some(({ is }) => is === "broken");
  const isOpen = of.some(({ is }) => is === "open");
  return (
    <div role="status">
      <Alert color={isBroken ? "red" : isOpen ? "yellow" : "teal"} mb="sm">
        {isBroken ? words.brokenSome : isOpen ? words.openSome : words.holdsAll}
      </Alert>
      <List size="sm" spacing={6} listStyleType="none">
        {of.map((finding) => {
          const { color, icon: Icon } = LOOKS[finding.is];
          return (
            <List.Item
              key={finding.check}
              icon={
                <ThemeIcon color={color} size={20} radius="xl" role="img" aria-label={words.said[finding.is]}>
                  <Icon size={13} aria-hidden />
                </ThemeIcon>
              }
            >
              {sentence(finding)}
              {finding.is === "broken" && (
                <Text span size="xs" c="dimmed" display="block">
                  {words.said.broken}. {words.at(finding.at)}
                </Text>
              )}
            </List.Item>
          );
        })}
      </List>
    </div>
  );
}

function sentence(finding: Finding): string {
  if (finding.is === "open") return words.open[finding.check]?.(finding.count) ?? words.checks[finding.check](finding.count);
  return words.checks[finding.check](finding.is === "holds" ? finding.count : 0);
}
