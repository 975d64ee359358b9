import { Alert, Table, Text } from "@mantine/core";
import { useInstances } from "./queries";
import { Short } from "@/components/code";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { Ago } from "@/components/time";
import { jobTexts } from "@/texts";

const words = jobTexts.workers;

/** Every instance: what it is, in which version, and since when it runs. */
export function Instances() {
  const instances = useInstances();
  return (
    <Section title={words.instances} description={words.instancesHint}>
      <Loaded query={instances}>
        {(all) => {
          if (all.length === 0) return <Empty title={words.none} hint={words.noneHint} />;
          const versions = [...new Set(all.map(({ version }) => version))];
          return (
            <>
              {versions.length > 1 && (
                <Alert color="yellow" mb="sm">
                  {words.versions(versions.join(", "))}
                </Alert>
              )}
              <Table.ScrollContainer minWidth={480} type="native">
                <Table aria-label={words.instances}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{words.service}</Table.Th>
                      <Table.Th>{words.id}</Table.Th>
                      <Table.Th>{words.version}</Table.Th>
                      <Table.Th>{words.since}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {all.map(({ id, service, version, since }) => (
                      <Table.Tr key={id}>
                        <Table.Td>{service}</Table.Td>
                        <Table.Td>
                          <Short of={id} label={words.id} length={40} />
                        </Table.Td>
                        <Table.Td>{version}</Table.Td>
                        <Table.Td>
                          {since ? (
                            <Ago at={since} />
                          ) : (
                            <Text span size="sm" c="dimmed">
                              {words.unknown}
                            </Text>
                          )}
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
