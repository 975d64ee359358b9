import { Alert, Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Differences } from "./differences";
import { useSimulate } from "../acts";
import type { Policy } from "../queries";
import type { components } from "@/api/schema";
import { Failure } from "@/components/failure";
import { Section } from "@/components/section";
import { councilTexts } from "@/texts";

const words = councilTexts.editor.simulate;

/** Tries a policy on the council's past, before it is saved. */
export function Simulation({ council, policy }: { council: string; policy: Policy }) {
  const [days, setDays] = useState<number | string>(90);
  const simulate = useSimulate(council);
  const isStale = simulate.variables && JSON.stringify(simulate.variables.policy) !== JSON.stringify(policy);
  return (
    <Section title={words.title} description={words.hint}>
      <Stack>
        <Group align="end">
          <NumberInput label={words.days} min={1} max={366} allowDecimal={false} value={days} onChange={setDays} w={180} />
          <Button
            variant="light"
            loading={simulate.isPending}
            disabled={!Number(days)}
            onClick={() => simulate.mutate({ policy, days: Number(days) })}
          >
            {words.run}
          </Button>
        </Group>
        {simulate.error && <Failure error={simulate.error} />}
        {simulate.data && isStale && <Alert color="yellow">{words.stale}</Alert>}
        {simulate.data && <Report of={simulate.data} />}
      </Stack>
    </Section>
  );
}

function Report({ of }: { of: components["schemas"]["SimulationReport"] }) {
  const { proposals, differing, differences, assumed_electorates, is_complete } = of;
  if (proposals === 0) return <Text role="status">{words.none}</Text>;
  return (
    <Stack gap="sm">
      <Text fw={600} role="status">
        {differing === 0 ? words.same(proposals) : words.some(differing, proposals)}
      </Text>
      {!is_complete && <Text size="sm">{words.incomplete}</Text>}
      {assumed_electorates > 0 && (
        <Text size="sm" c="dimmed">
          {words.assumed(assumed_electorates)}
        </Text>
      )}
      {differences.length > 0 && <Differences of={differences} />}
      {differing > differences.length && (
        <Text size="sm" c="dimmed">
          {words.more}
        </Text>
      )}
    </Stack>
  );
}
