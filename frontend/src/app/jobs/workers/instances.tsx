import { Alert, Text } from "@mantine/core";
import { useInstances } from "./queries";
import { Short } from "@/components/code";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { Table } from "@/components/table";
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
              <Table label={words.instances} minWidth={480}>
                <thead>
                  <tr>
                    <th>{words.service}</th>
                    <th>{words.id}</th>
                    <th>{words.version}</th>
                    <th>{words.since}</th>
                  </tr>
                </thead>
                <tbody>
                  {all.map(({ id, service, version, since }) => (
                    <tr key={id}>
                      <td>{service}</td>
                      <td>
                        <Short of={id} label={words.id} length={40} />
                      </td>
                      <td>{version}</td>
                      <td>
                        {since ? (
                          <Ago at={since} />
                        ) : (
                          <Text span size="sm" c="dimmed">
                            {words.unknown}
                          </Text>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </Table>
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
