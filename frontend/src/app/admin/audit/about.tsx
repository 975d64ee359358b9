import { Anchor, Text } from "@mantine/core";
import type { Named } from "../names";
import { pageOf } from "./actions";
import { shortId } from "./short-id";
import type { Row } from "./queries";
import { Link } from "@/components/link";

type Props = { row: Row; names: Map<string, Named> | undefined; isWhole?: true };

/** What a row is about, by name where it is known, with the way to its page; ids are shortened unless `isWhole`. */
export function About({ row, names, isWhole }: Props) {
  const { resource_kind: kind, resource_id: id } = row;
  const page = pageOf(kind, id);
  const name = names?.get(id)?.name || (isWhole ? id : shortId(id));
  return (
    <Text span size="sm" title={id}>
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
