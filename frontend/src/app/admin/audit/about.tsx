import { Anchor, Text } from "@mantine/core";
import Link from "next/link";
import type { Named } from "../names";
import { pageOf } from "./actions";
import type { Row } from "./queries";

/** What a row is about, by name where it is known, with the way to its page. */
export function About({ row, names }: { row: Row; names: Map<string, Named> | undefined }) {
  const { resource_kind: kind, resource_id: id } = row;
  const page = pageOf(kind, id);
  const name = names?.get(id)?.name || id;
  return (
    <Text span size="sm">
      <Text span size="sm" c="dimmed">
        {kind.replaceAll("_", " ")}
      </Text>{" "}
      {page ? (
        <Anchor component={Link} href={page} size="sm">
          {name}
        </Anchor>
      ) : (
        name
      )}
    </Text>
  );
}
