"use client";

import { Alert, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { IconShieldCheck, IconShieldOff } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useFactor } from "./queries";
import { Loaded, Loading } from "@/components/loaded";
import { Section } from "@/components/section";
import { accountTexts } from "@/texts";

const SetUp = dynamic(() => import("./set-up").then((module) => module.SetUp), { ssr: false });
const NewCodes = dynamic(() => import("./with-both").then((module) => module.NewCodes), { ssr: false });
const TurnOff = dynamic(() => import("./with-both").then((module) => module.TurnOff), { ssr: false });

/** Fewer than so many recovery codes are said to be few. */
const FEW = 3;

/** Whether signing in asks for an authenticator, and what can be done about it. */
export function Factor() {
  const query = useFactor();
  const [open, setOpen] = useState<"set-up" | "codes" | "off" | null>(null);
  const close = () => setOpen(null);
  return (
    <Section
      title={accountTexts.factor}
      description={accountTexts.factorHint}
      aside={query.data && <State isOn={query.data.enabled} />}
    >
      <Loaded query={query} skeleton={<Loading lines={2} />}>
        {({ enabled, recovery_codes_left }) =>
          enabled ? (
            <Stack gap="sm">
              <Text size="sm">
                {accountTexts.factorOn} {accountTexts.codesLeft(recovery_codes_left)}
              </Text>
              {recovery_codes_left < FEW && <Alert color="yellow">{accountTexts.codesFew(recovery_codes_left)}</Alert>}
              <Group gap="xs">
                <Button variant="default" onClick={() => setOpen("codes")}>
                  {accountTexts.newCodes}
                </Button>
                <Button variant="light" color="red" onClick={() => setOpen("off")}>
                  {accountTexts.turnOff}
                </Button>
              </Group>
            </Stack>
          ) : (
            <Stack gap="sm" align="start">
              <Text size="sm">{accountTexts.factorOff}</Text>
              <Button onClick={() => setOpen("set-up")}>{accountTexts.setUp}</Button>
            </Stack>
          )
        }
      </Loaded>
      {open === "set-up" && <SetUp onClose={close} />}
      {open === "codes" && <NewCodes onClose={close} />}
      {open === "off" && <TurnOff onClose={close} />}
    </Section>
  );
}

function State({ isOn }: { isOn: boolean }) {
  return (
    <Badge
      variant="default"
      tt="none"
      leftSection={isOn ? <IconShieldCheck size={14} aria-hidden /> : <IconShieldOff size={14} aria-hidden />}
    >
      {isOn ? accountTexts.on : accountTexts.off}
    </Badge>
  );
}
