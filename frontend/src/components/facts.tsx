import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Json } from "./code";
import classes from "./facts.module.css";

/** An object's fields, readable: plain values as text, nested ones as JSON. */
export function Facts({ of }: { of: Record<string, unknown> }) {
  return <Pairs of={Object.entries(of).map(([name, value]) => [name, show(name, value)])} />;
}

/** Names, each with what it stands for beside it; on a phone below it. */
export function Pairs({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className={classes.facts}>
      {of.map(([name, value]) => (
        <div key={name} className={classes.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function show(name: string, value: unknown) {
  if (typeof value === "object" && value !== null) return <Json value={value} label={name} />;
  return (
    <Text size="sm" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }} component="span">
      {String(value)}
    </Text>
  );
}
