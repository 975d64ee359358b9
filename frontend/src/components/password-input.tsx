import { PasswordInput as Field, type PasswordInputProps } from "@mantine/core";

/** Mantine's field for passwords shows by its colour alone that it is wrong; this one says it to assistive technology, too. */
export function PasswordInput(props: PasswordInputProps) {
  return <Field aria-invalid={props.error ? true : undefined} {...props} />;
}
