"use client";

import { Alert, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { Summary } from "../queries";
import { type StepView, useRehearsal } from "./queries";
import { StepPreview } from "./step";
import classes from "./inbox.module.css";
import { Loaded, Loading } from "@/components/loaded";
import { inboxTexts } from "@/texts";

/** What exactly will run, step by step, as it is rendered with these inputs. */
export function WillRun({ workflow, steps }: { workflow: Summary; steps?: StepView[] | undefined }) {
  const rehearsal = useRehearsal(workflow, steps);
  return (
    <Loaded query={rehearsal} skeleton={<Loading lines={6} />}>
      {({ digest, is_sound, steps: dry }) => (
        <>
          {digest !== workflow.digest && (
            <Alert color="red" icon={<IconAlertTriangle aria-hidden />} role="alert" mb="sm">
              {inboxTexts.mismatch}
            </Alert>
          )}
          {!is_sound && (
            <Text size="sm" fw={600} mb="xs">
              {inboxTexts.isUnsound}
            </Text>
          )}
          <ol className={classes.steps}>
            {dry.map((step, index) => (
              <StepPreview key={step.name} step={step} number={index + 1} />
            ))}
          </ol>
        </>
      )}
    </Loaded>
  );
}
