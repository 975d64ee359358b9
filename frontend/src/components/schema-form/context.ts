"use client";

import { createContext, useContext } from "react";
import type { Schema } from "./schema";

type FormContext = {
  root: Schema;
  /** Changes what stands at a JSON Pointer; undefined takes it out. */
  set: (pointer: string, value: unknown) => void;
  /** Its field was left. */
  leave: (pointer: string) => void;
  /** What is wrong there, once it may be said. */
  faultAt: (pointer: string) => string | null;
  /** An id for the field there, that it can be gone to. */
  idOf: (pointer: string) => string;
};

export const Context = createContext<FormContext | null>(null);

export function useForm(): FormContext {
  const form = useContext(Context);
  if (!form) throw new Error("a field needs a form");
  return form;
}

export type FieldProps = {
  schema: Schema;
  pointer: string;
  label: string;
  value: unknown;
  isRequired: boolean;
  /** What could stand here. */
  example: unknown;
  /** Its label is read out, but not shown: what stands around it says it. */
  isBare?: boolean;
};
