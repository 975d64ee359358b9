"use client";

import { Anchor, List, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { type Secret, useRemoveSecret } from "./queries";
import { Link } from "@/components/link";
import { adminTexts } from "@/texts";

const Ask = dynamic(() => import("@/components/ask").then((module) => module.Ask), { ssr: false });

const text = adminTexts.secrets;

/** Deletes a secret; says why one that is used can't be. */
export function RemoveSecret({ secret, onClose }: { secret: Secret; onClose: () => void }) {
  const remove = useRemoveSecret(secret.name);
  return (
    <Ask isOpen onClose={onClose} title={text.removeTitle(secret.name)} act={text.remove} isDangerous mutation={remove}>
      {secret.used_by.length === 0 ? (
        text.removeHint
      ) : (
        <>
          <Text size="sm">{text.inUse}</Text>
          <List size="sm" mt="xs">
            {secret.used_by.map((type) => (
              <List.Item key={type}>
                <Anchor component={Link} href={`/types/${type}`} size="sm">
                  {type}
                </Anchor>
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Ask>
  );
}
