// That a pop was seen: rendered when it is on the screen, acknowledged when the person acts on it or looks at it.

import { effect } from "@preact/signals";

import { cards } from "./store";

export function reportPops(send: (message: object) => boolean): void {
  const rendered = new Set<string>();
  const acknowledged = new Set<string>();
  const acknowledge = (leg: string | undefined) => {
    if (leg && !acknowledged.has(leg) && send({ type: "acknowledged", leg })) acknowledged.add(leg);
  };
  effect(() => {
    for (const { leg } of cards.value) {
      if (rendered.has(leg)) continue;
      // Two frames later it has been painted; a page in the background paints nothing, and says nothing.
      requestAnimationFrame(() => requestAnimationFrame(() => {
        const there = document.querySelector(`[data-leg="${CSS.escape(leg)}"]`);
        if (there && !document.hidden && !rendered.has(leg) && send({ type: "rendered", leg })) rendered.add(leg);
      }));
    }
    for (const { leg, phase } of cards.value) if (phase === "talking") acknowledge(leg);
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.target instanceof Element) acknowledge(event.target.closest<HTMLElement>("[data-leg]")?.dataset.leg);
  });
}
