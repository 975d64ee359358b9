import { useStatus } from "../../health/queries";
import { ServiceCards } from "../../health/service-cards";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { jobTexts } from "@/texts";

const words = jobTexts.workers;

/** How many instances of each service are ready. */
export function Ready() {
  const status = useStatus();
  return (
    <Section title={words.ready}>
      <Loaded query={status}>{({ services }) => <ServiceCards services={services} say={words.readyOf} />}</Loaded>
    </Section>
  );
}
