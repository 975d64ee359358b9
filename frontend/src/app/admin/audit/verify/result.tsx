import { Alert, Code, List, Stack } from "@mantine/core";
import { IconShieldCheck, IconShieldX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Fault } from "./check";
import type { Verification } from "./queries";
import { Section } from "@/components/section";
import { adminTexts } from "@/texts";

const text = adminTexts.verify;

type Props = { of: Verification; keyId: string | null; isWhole: boolean };

/** Says in sentences what was checked, how far, and what was not. */
export function Result({ of, keyId, isWhole }: Props) {
  const { fault, rows } = of;
  return (
    <Stack gap="md" data-testid="verification">
      {fault ? (
        <Alert color="red" title={text.broken} icon={<IconShieldX aria-hidden />} role="alert">
          {sentence(fault)}
        </Alert>
      ) : (
        <Alert
          color={rows > 0 ? "teal" : "gray"}
          title={rows > 0 ? text.holds : text.nothing}
          icon={<IconShieldCheck aria-hidden />}
          role="status"
        />
      )}
      {rows > 0 && <Sentences title={text.checked} of={checked(of, keyId, isWhole)} />}
      {!fault && <Sentences title={text.open} of={open(of)} />}
      <Sentences title={text.notChecked} of={[...text.only]}>
        <Code block mt="sm" aria-label={text.command}>
          auth-service audit verify
        </Code>
      </Sentences>
    </Stack>
  );
}

function Sentences({ title, of, children }: { title: string; of: string[]; children?: ReactNode }) {
  return (
    <Section title={title}>
      <List size="sm" spacing="xs">
        {of.map((sentence) => (
          <List.Item key={sentence}>{sentence}</List.Item>
        ))}
      </List>
      {children}
    </Section>
  );
}

function checked(of: Verification, keyId: string | null, isWhole: boolean): string[] {
  return [
    text.rows(of.rows, of.first, of.last),
    of.gaps > 0 ? text.gaps(of.gaps) : text.chain(isWhole),
    ...(of.personalKept + of.personalErased > 0 ? [text.personal(of.personalKept, of.personalErased)] : []),
    of.checkpoints > 0 ? text.checkpoints(of.checkpoints) : text.noCheckpoints,
    ...(of.roots > 0 ? [text.roots(of.roots, of.rootLinks)] : []),
    ...(of.partial > 0 ? [text.partial(of.partial)] : []),
    ...(keyId ? (of.signed > 0 ? [text.signed(of.signed, keyId)] : []) : [text.keyMissing]),
  ];
}

function open({ unsigned, unsignedFrom, unsealed }: Verification): string[] {
  const said = [
    ...(unsigned > 0 ? [text.unsigned(unsigned, unsignedFrom)] : []),
    ...(unsealed > 0 ? [text.unsealed(unsealed)] : []),
  ];
  return said.length > 0 ? said : [text.allSealed];
}

function sentence(fault: Fault): string {
  if (fault.is === "unreadable") return text.faults.unreadable;
  if ("id" in fault) return text.faults[fault.is](fault.id, fault.position);
  return text.faults[fault.is](fault.position);
}
