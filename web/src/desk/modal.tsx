import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { t } from "../lib/words";
import { dialog } from "./keys";

/** A dialog of the browser's own: focus stays in it, Escape closes it. */
export function Modal({ title, wide, children }: { title: string; wide?: boolean; children: ComponentChildren }) {
  const shown = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    shown.current?.showModal();
  }, []);
  const own = useRef(dialog.value);
  // The browser tells of the end a little later: by then another dialog may be open.
  const close = () => {
    if (dialog.value === own.current) dialog.value = "";
  };
  return (
    <dialog ref={shown} class={wide ? "card sheet-dialog wide-dialog" : "card sheet-dialog"} aria-labelledby="dialog-title" onClose={close}
      onClick={(event) => event.target === shown.current && close()}>
      <header class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="small" onClick={close} aria-label={t("desk.close")}>✕</button>
      </header>
      {children}
    </dialog>
  );
}
