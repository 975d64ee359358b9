"use client";

import { TextInput, type TextInputProps } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

type Props = Omit<TextInputProps, "value" | "onChange"> & {
  chosen: string | null;
  onChoose: (value: string | null) => void;
};

/** How long after the last key a filter is applied, in milliseconds. */
const PAUSE = 350;

/** A filter that is typed: it counts once the typing pauses. */
export function TypedFilter({ chosen, onChoose, ...input }: Props) {
  const [typed, setTyped] = useState(chosen ?? "");
  const [known, setKnown] = useState(chosen);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // What is chosen elsewhere, such as by a link or by clearing all filters, is shown here.
  if (known !== chosen) {
    setKnown(chosen);
    if ((chosen ?? "") !== typed.trim()) setTyped(chosen ?? "");
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (value: string) => {
    setTyped(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChoose(value.trim() || null), PAUSE);
  };
  return <TextInput {...input} value={typed} onChange={(event) => type(event.currentTarget.value)} />;
}
