import { Alert, Button, Text } from "@mantine/core";
import { ApiError } from "@/api/error";
import { councilTexts } from "@/texts";

type Props = {
  reload: () => void;
  isLoading: boolean;
  /** What to do, and the word on the button; else: what was typed is kept. */
  hint?: string;
  act?: string;
};

/** Whether a change was refused because of somebody else's. */
export const isConflict = (error: Error | null) => error instanceof ApiError && error.status === 412;

/** Says that somebody changed the council meanwhile, and loads what is there now. */
export function Conflict({ reload, isLoading, hint, act }: Props) {
  return (
    <Alert color="yellow" title={councilTexts.editor.conflict} role="alert">
      <Text size="sm" mb="sm">
        {hint ?? councilTexts.editor.conflictHint}
      </Text>
      <Button size="xs" variant="default" onClick={reload} loading={isLoading}>
        {act ?? councilTexts.editor.reload}
      </Button>
    </Alert>
  );
}
