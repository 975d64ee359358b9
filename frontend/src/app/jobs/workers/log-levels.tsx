import { Box, Button, Stack, Text } from "@mantine/core";
import { type Service, useLogLevels, useUnsetLogLevel } from "./queries";
import { SetLevel } from "./set-level";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
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
              <Table label={words.levels} minWidth={420}>
                <thead>
                  <tr>
                    <th>{words.service}</th>
                    <th>{words.level}</th>
                    <th>{words.until}</th>
                    <Box component="th" ta="end">
                      {words.act}
                    </Box>
                  </tr>
                </thead>
                <tbody>
                  {all.map(({ service, level, until }) => (
                    <tr key={service ?? ""}>
                      <td>{service ?? words.everyService}</td>
                      <td style={{ overflowWrap: "anywhere" }}>{level}</td>
                      <td>
                        <TimeLeft until={until} />
                      </td>
                      <Box component="td" ta="end">
                        <Unset service={service ?? null} />
                      </Box>
                    </tr>
                  ))}
                </tbody>
              </Table>
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
