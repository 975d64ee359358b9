import { Anchor } from "@mantine/core";
import type { Status } from "./queries";
import { ServiceCards } from "./service-cards";
import { Link } from "@/components/link";
import { Section } from "@/components/section";
import { healthTexts as words } from "@/texts";

/** Each service, and how many of its instances are ready. */
export function Services({ services }: Pick<Status, "services">) {
  const all = (
    <Anchor component={Link} href="/jobs/workers" size="sm">
      {words.workers}
    </Anchor>
  );
  return (
    <Section title={words.services} aside={all}>
      <ServiceCards services={services} say={(ready, of) => (of > 0 ? words.ready(ready, of) : words.noInstances)} />
    </Section>
  );
}
