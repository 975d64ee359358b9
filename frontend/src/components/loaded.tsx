import { Skeleton, Stack, VisuallyHidden } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure } from "./failure";
import { texts } from "@/texts";

type Query<T> = Pick<UseQueryResult<T>, "data" | "error" | "refetch">;

type Props<T> = {
  query: Query<T>;
  /** What stands there while it loads; else some grey bars. */
  skeleton?: ReactNode;
  children: (data: NonNullable<T>) => ReactNode;
};

/** What a query found; before that, that it loads; else, what went wrong. What is known is kept when asking again fails. */
export function Loaded<T>({ query, skeleton, children }: Props<T>) {
  if (query.data !== undefined && query.data !== null) return children(query.data);
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return skeleton ?? <Loading />;
}

/** Grey bars, in the place of what loads. */
export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <Stack gap="sm" aria-busy>
      <VisuallyHidden role="status">{texts.loading}</VisuallyHidden>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={line === 0 ? 28 : 18} width={line === 0 ? "40%" : `${92 - line * 9}%`} />
      ))}
    </Stack>
  );
}
