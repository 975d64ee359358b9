"use client";

import { Anchor, Stack, Text } from "@mantine/core";
import { useSeatsOf } from "../queries";
import { Link } from "@/components/link";
import { Loaded, Loading } from "@/components/loaded";
import { Section } from "@/components/section";
import { adminTexts } from "@/texts";

const text = adminTexts.user;

/** In which councils a person votes. */
export function SeatsOf({ id }: { id: string }) {
  const query = useSeatsOf(id);
  return (
    <Section title={text.seats} description={text.seatsHint}>
      <Loaded query={query} skeleton={<Loading lines={2} />}>
        {(seats) =>
          seats.length === 0 ? (
            <Text size="sm">{text.noSeats}</Text>
          ) : (
            <Stack gap={4}>
              {seats.map(({ council, name, seat }) => (
                <Text key={council} size="sm">
                  <Anchor component={Link} href={`/councils/${council}`} size="sm">
                    {name}
                  </Anchor>{" "}
                  <Text span size="sm" c="dimmed">
                    {text.seat[seat]}
                  </Text>
                </Text>
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Section>
  );
}
