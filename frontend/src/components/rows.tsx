"use client";

import { Button, Center, Text } from "@mantine/core";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import classes from "./rows.module.css";
import { texts } from "@/texts";

export type Column<T> = {
  /** Its heading; on a phone it stands before each value, unless `isPlain`. */
  label: string;
  /** Its share of the width, as a track of a CSS grid, such as `2fr` or `9rem`. */
  width: string;
  cell: (row: T) => ReactNode;
  /** The value explains itself, such as a name or a status. */
  isPlain?: true;
  isEnd?: true;
};

type Props<T> = {
  /** What the rows are, for who can't see them. */
  label: string;
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => string;
  /** Where the rest is fetched page by page: whether there is more, and how to get it. */
  more?: { has: boolean; isFetching: boolean; fetch: () => void };
};

/**
 * A table of any length: only the rows that are seen are in the page, and the next are fetched when the last comes near. On a
 * phone, each row is a small card.
 */
export function Rows<T>({ label, columns, rows, keyOf, more }: Props<T>) {
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    // Where it begins on the page changes with whatever stands above.
    const measure = () => setOffset(Math.round((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => 56,
    overscan: 8,
    scrollMargin: offset,
    getItemKey: (index) => keyOf(rows[index] as T),
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more?.has && !more.isFetching && last >= rows.length - 10) more.fetch();
  }, [more, last, rows.length]);
  return (
    <div
      className={classes.frame}
      style={{ "--columns": columns.map(({ width }) => width).join(" ") } as CSSProperties}
    >
      <div role="table" aria-label={label} aria-rowcount={more?.has ? -1 : rows.length + 1}>
        <div role="rowgroup">
          <div role="row" aria-rowindex={1} className={`${classes.row} ${classes.head}`}>
            {columns.map(({ label, isEnd }) => (
              <div role="columnheader" key={label} className={isEnd && classes.end}>
                {label}
              </div>
            ))}
          </div>
        </div>
        <div
          role="rowgroup"
          ref={body}
          className={classes.body}
          style={{ height: virtual.getTotalSize(), position: "relative" }}
        >
          {items.map((item) => (
            <div
              role="row"
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-rowindex={item.index + 2}
              className={classes.row}
              style={{
                position: "absolute",
                insetInline: 0,
                top: 0,
                transform: `translateY(${item.start - offset}px)`,
              }}
            >
              {columns.map(({ label, cell, isPlain, isEnd }) => (
                <div
                  role="cell"
                  key={label}
                  data-label={isPlain ? undefined : label}
                  className={`${classes.cell} ${isEnd ? classes.end : ""}`}
                >
                  {cell(rows[item.index] as T)}
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
      <Center p="xs">
        {more?.has ? (
          <Button variant="subtle" size="compact-sm" loading={more.isFetching} onClick={more.fetch}>
            {texts.more}
          </Button>
        ) : (
          <Text size="xs" c="dimmed">
            {texts.shown.rows(rows.length)}
          </Text>
        )}
      </Center>
    </div>
  );
}

/** `more` of a list that TanStack Query fetches page by page. */
export function moreOf(query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }) {
  return { has: query.hasNextPage, isFetching: query.isFetchingNextPage, fetch: () => void query.fetchNextPage() };
}
