import { Button, type ButtonProps, Group } from "@mantine/core";
import type { MouseEventHandler, ReactNode } from "react";
import { texts } from "@/texts";

type Props = Omit<ButtonProps, "children"> & {
  onCancel: () => void;
  type?: "submit";
  onClick?: MouseEventHandler;
  /** The word on the button that does it. */
  children: ReactNode;
};

/** What a dialog ends with: leaving it, or doing what it asks about. */
export function DialogActs({ onCancel, ...act }: Props) {
  return (
    <Group justify="end" gap="xs">
      <Button variant="default" onClick={onCancel}>
        {texts.cancel}
      </Button>
      <Button {...act} />
    </Group>
  );
}
