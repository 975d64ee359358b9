import { ApiError } from "@/api/error";

/**
 * What the API said about fields, as errors of a form of `@mantine/form`: `/policy/cooling_off_seconds` belongs to the field
 * `policy.cooling_off_seconds`. The same word can be put before, where the form is a part of what was sent.
 */
export function formErrors(error: unknown, under = ""): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const fields = error.fields.filter(({ pointer }) => pointer.startsWith(under));
  return Object.fromEntries(
    fields.map(({ pointer, detail }) => [
      pointer
        .slice(under.length + 1)
        .split("/")
        .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
        .join("."),
      detail,
    ]),
  );
}
