import { Text } from "@mantine/core";
import { Notifications, notifications } from "@mantine/notifications";
import { ApiError } from "@/api/error";
import { texts } from "@/texts";

export { Notifications };

const CLOSE = { closeButtonProps: { "aria-label": texts.close } };

export function showDone(message: string, requestId?: string | null) {
  notifications.show({ message: <Said message={message} requestId={requestId} />, color: "teal", ...CLOSE });
}

export function showFailure(error: Error) {
  const known = error instanceof ApiError ? error : null;
  notifications.show({
    title: texts.errors.title,
    message: <Said message={known?.message ?? texts.errors.unreachable} requestId={known?.requestId} />,
    color: "red",
    autoClose: false,
    role: "alert",
    ...CLOSE,
  });
}

function Said({ message, requestId }: { message: string; requestId: string | null | undefined }) {
  return (
    <>
      {message}
      {requestId && (
        <Text span display="block" size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {texts.errors.request(requestId)}
        </Text>
      )}
    </>
  );
}
