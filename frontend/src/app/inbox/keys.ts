"use client";

import { useLocalStorage } from "@mantine/hooks";
import { useEffect, useEffectEvent } from "react";

/** Whether single keys do something; who dictates or types with switches can turn that off (WCAG 2.2, 2.1.4). */
export function useKeysSetting() {
  return useLocalStorage({ key: "codex-keys", defaultValue: true });
}

const TYPING = "input, textarea, select, [contenteditable], [role=dialog] *";

/** Does something at single keys, unless somebody types, a dialog is open, or another key is held. */
export function useKeys(isOn: boolean, keys: Record<string, (event: KeyboardEvent) => void>) {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target instanceof Element && event.target.matches(TYPING)) return;
    const act = keys[event.key];
    if (!act || (!isOn && event.key !== "?")) return;
    event.preventDefault();
    act(event);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
