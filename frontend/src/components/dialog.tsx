import { Modal, type ModalProps } from "@mantine/core";
import { useEffect } from "react";

/** A window over the page. However it goes, the focus returns to where it was before; Mantine's own does that only if it stays. */
export function Dialog(props: ModalProps) {
  const { opened } = props;
  useEffect(() => {
    if (!opened) return;
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [opened]);
  return <Modal returnFocus={false} {...props} />;
}
