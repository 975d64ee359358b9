import { Button, Stack, Table, Text } from "@mantine/core";
import { type Service, useLogLevels, useUnsetLogLevel } from "./queries";
import { SetLevel } from "./set-level";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { TimeLeft } from "@/components/time";
import { jobTexts } from "@/texts";

const words = jobTexts.workers;

/** What services log for a time, and how to change it. */
export function LogLevels() {
  const levels = useLogLevels();
  return (
    <Section title={words.levels} description={words.levelsHint}>
      <Stack>
        <SetLevel />
        <Loaded query={levels}>
          {(all) =>
            all.length === 0 ? (
              <Text size="sm" c="dimmed">
                {words.levelNone}
              </Text>
            ) : (
              <Table.ScrollContainer minWidth={420} type="native">
                <Table aria-label={words.levels}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{words.service}</Table.Th>
                      <Table.Th>{words.level}</Table.Th>
                      <Table.Th>{words.until}</Table.Th>
                      <Table.Th ta="end">{words.act}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {all.map(({ service, level, until }) => (
                      <Table.Tr key={service ?? ""}>
                        <Table.Td>{service ?? words.everyService}</Table.Td>
                        <Table.Td style={{ overflowWrap: "anywhere" }}>{level}</Table.Td>
                        <Table.Td>
                          <TimeLeft until={until} />
                        </Table.Td>
                        <Table.Td ta="end">
                          <Unset service={service ?? null} />
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )
          }
        </Loaded>
      </Stack>
    </Section>
  );
}

function Unset({ service }: { service: Service | null }) {
  const unset = useUnsetLogLevel();
  return (
    <Button
      size="xs"
      variant="default"
      loading={unset.isPending}
      aria-label={words.unsetOf(service ?? words.everyService)}
      onClick={() => unset.mutate(service)}
    >
      {words.unset}
    </Button>
  );
}
