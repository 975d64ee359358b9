import { Alert, Button, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { ApiError } from "@/api/error";
import { texts } from "@/texts";

/** What went wrong, and the request to quote when asking for help. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <Alert color="red" title={texts.errors.title} icon={<IconAlertCircle aria-hidden />} role="alert">
      <Text size="sm">{error instanceof ApiError ? error.message : texts.errors.unreachable}</Text>
      {requestId && (
        <Text size="xs" c="dimmed" mt={4}>
          {texts.errors.request(requestId)}
        </Text>
      )}
      {retry && (
        <Button mt="sm" size="xs" variant="light" color="red" onClick={retry}>
          {texts.retry}
        </Button>
      )}
    </Alert>
  );
}
