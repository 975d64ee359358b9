import type { ReactNode } from "react";
import classes from "./table.module.css";

/**
 * A table of native rows and cells. Where it is wider than its place, it scrolls by itself, by keyboard too. Mantine's own
 * table brings its scroll bars and what places floating things, a tenth of what a page may weigh.
 */
export function Table(props: {
  label?: string;
  /** How narrow it may get before it scrolls, in pixels. */
  minWidth?: number;
  /** How high it may get before it scrolls below its head, in pixels. */
  maxHeight?: number;
  children: ReactNode;
}) {
  const table = (
    <table
      className={classes.table}
      aria-label={props.label}
      data-sticky={props.maxHeight ? true : undefined}
      style={{ minWidth: props.minWidth }}
    >
      {props.children}
    </table>
  );
  if (!props.minWidth && !props.maxHeight) return table;
  return (
    <div className={classes.scroll} style={{ maxHeight: props.maxHeight }} tabIndex={0}>
      {table}
    </div>
  );
}
