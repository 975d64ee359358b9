import { useEffect, useRef, useState } from "react";

/**
 * Moves the focus to the first wrong field of a form: after `pointOut()`, once the fields have been drawn with what is wrong
 * with them. `refusal` is what the API said, which comes later than the form was sent.
 */
export function useFirstWrong(refusal?: unknown) {
  const form = useRef<HTMLFormElement>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (tries > 0 || refusal) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [tries, refusal]);
  return { form, pointOut: () => setTries((before) => before + 1) };
}
