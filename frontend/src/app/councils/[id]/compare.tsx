import { Group, NativeSelect, Stack } from "@mantine/core";
import { Changes } from "./history";
import { useDiff } from "../queries";
import type { components } from "@/api/schema";
import { useFilters } from "@/components/filters";
import { Loaded, Loading } from "@/components/loaded";
import { councilTexts } from "@/texts";

type Props = { council: string; versions: components["schemas"]["PolicyVersion"][] };

const words = councilTexts.policy;

/** Any two versions of a policy, and how they differ; which two stands in the address. */
export function Compare({ council, versions }: Props) {
  const { chosen, choose } = useFilters("from", "to");
  const known = versions.map(({ version }) => version);
  const pick = (wanted: string | null, usual: number) => known.find((one) => String(one) === wanted) ?? usual;
  const from = pick(chosen.from, known[1] ?? 1);
  const to = pick(chosen.to, known[0] ?? 1);
  const diff = useDiff(council, from, to);
  const options = known.map(String);
  return (
    <Stack gap="sm">
      <Group align="end">
        <NativeSelect
          label={words.from}
          data={options}
          value={String(from)}
          onChange={(event) => choose({ from: event.currentTarget.value })}
        />
        <NativeSelect
          label={words.to}
          data={options}
          value={String(to)}
          onChange={(event) => choose({ to: event.currentTarget.value })}
        />
      </Group>
      <div aria-live="polite">
        <Loaded query={diff} skeleton={<Loading lines={2} />}>
          {(changes) => <Changes of={changes} none={words.same} />}
        </Loaded>
      </div>
    </Stack>
  );
}
