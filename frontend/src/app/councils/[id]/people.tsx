import { Stack } from "@mantine/core";
import { Seats } from "./seats";
import { StandIns } from "./stand-ins";
import type { Council } from "../queries";

/** Who votes in a council, and who does so in whose place. */
export function People({ council }: { council: Council }) {
  return (
    <Stack>
      <Seats council={council} />
      <StandIns council={council} />
    </Stack>
  );
}
