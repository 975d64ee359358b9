import { Alert, Button, Text } from "@mantine/core";
import { ApiError } from "@/api/error";
import { councilTexts } from "@/texts";

/** Whether a change was refused because of somebody else's. */
export const isConflict = (error: Error | null) => error instanceof ApiError && error.status === 412;

/** Says that somebody changed the council meanwhile, and loads what is there now. */
export function Conflict({ reload, isLoading }: { reload: () => void; isLoading: boolean }) {
  return (
    <Alert color="yellow" title={councilTexts.editor.conflict} role="alert">
      <Text size="sm" mb="sm">
        {councilTexts.editor.conflictHint}
      </Text>
      <Button size="xs" variant="default" onClick={reload} loading={isLoading}>
        {councilTexts.editor.reload}
      </Button>
    </Alert>
  );
}
