"use client";

import { SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { Section } from "@/components/section";
import { accountTexts } from "@/texts";

const SCHEMES = ["auto", "light", "dark"] as const;

/** Light or dark, kept in this browser. */
export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Section title={accountTexts.appearance} description={accountTexts.appearanceHint}>
      <SegmentedControl
        aria-label={accountTexts.appearance}
        fullWidth
        data={SCHEMES.map((value) => ({ value, label: accountTexts.schemes[value] }))}
        value={colorScheme}
        onChange={setColorScheme}
      />
    </Section>
  );
}
