"use client";

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { HighlightStyle, bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, linter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useMantineStyleNonce } from "@mantine/core";
import { useEffect, useRef } from "react";
import classes from "./json-editor.module.css";
import { parseJson } from "./syntax";
import { texts } from "@/texts";

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, class: classes.name ?? "" },
  { tag: tags.string, class: classes.string ?? "" },
  { tag: [tags.number, tags.bool, tags.null], class: classes.other ?? "" },
]);

const faults = linter((view): Diagnostic[] => {
  const { fault } = parseJson(view.state.doc.toString());
  if (!fault) return [];
  const from = Math.min(fault.at, view.state.doc.length);
  return [{ from, to: from, severity: "error", message: texts.json.fault(fault.line, fault.column) }];
});

type Props = {
  value: string;
  onChange: (text: string) => void;
  onBlur?: (() => void) | undefined;
  labelledBy: string;
  describedBy: string;
  isInvalid: boolean;
};

/** CodeMirror on a JSON text. Tab is not taken for indenting: it leads on, as everywhere. */
export default function Editor({ value, onChange, onBlur, labelledBy, describedBy, isInvalid }: Props) {
  const nonce = useMantineStyleNonce();
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const first = useRef(value);
  const calls = useRef({ onChange, onBlur });
  useEffect(() => {
    calls.current = { onChange, onBlur };
  });

  useEffect(() => {
    if (!place.current) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(),
          history(),
          bracketMatching(),
          indentUnit.of("  "),
          EditorState.tabSize.of(2),
          EditorView.lineWrapping,
          json(),
          syntaxHighlighting(COLOURS),
          faults,
          lintGutter(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.cspNonce.of(nonce?.() ?? ""),
          EditorView.contentAttributes.of({ "aria-labelledby": labelledBy, "aria-describedby": describedBy }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) calls.current.onChange(update.state.doc.toString());
          }),
          EditorView.domEventHandlers({ blur: () => calls.current.onBlur?.() }),
        ],
      }),
    });
    view.current = made;
    return () => {
      first.current = made.state.doc.toString();
      made.destroy();
      view.current = null;
    };
  }, [nonce, labelledBy, describedBy]);

  useEffect(() => {
    // What comes from outside, such as an example, takes the place of what is there.
    const shown = view.current;
    if (!shown || shown.state.doc.toString() === value) return;
    shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={place} className={classes.frame} data-invalid={isInvalid || undefined} />;
}
