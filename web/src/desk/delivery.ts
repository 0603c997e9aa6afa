// That a pop was seen: rendered when it has been painted, acknowledged when the person acts on it. What could not be said
// is said again when the line to the server is back.

import { effect } from "@preact/signals";

import { Refused, send } from "../lib/http";
import { cards, link, pops } from "./store";

type What = "rendered" | "acknowledged";

const AGAIN_MS = 2_000;
const GIVEN_UP = 400;
const said = new Set<string>();

async function tell(leg: string, what: What): Promise<void> {
  const key = `${leg} ${what}`;
  if (said.has(key)) return;
  said.add(key);
  try {
    await send("POST", "/desk/popped", { leg, what });
  } catch (error) {
    if (error instanceof Refused && error.status >= GIVEN_UP && error.status < 500) return;
    said.delete(key);
    window.setTimeout(() => void tell(leg, what), AGAIN_MS);
  }
}

/** Two frames later it has been painted. A page in the background paints nothing, and says nothing. */
function whenPainted(leg: string): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      if (!document.hidden && document.querySelector(`[data-leg="${CSS.escape(leg)}"]`)) void tell(leg, "rendered");
    }),
  );
}

export function reportPops(): void {
  effect(() => {
    link.value;
    for (const { leg, phase } of cards.value) {
      if (!pops.value.has(leg)) continue;
      whenPainted(leg);
      if (phase === "talking") void tell(leg, "acknowledged");
    }
  });
  document.addEventListener("visibilitychange", () => cards.value.forEach(({ leg }) => pops.value.has(leg) && whenPainted(leg)));
  document.addEventListener("pointerdown", (event) => {
    const leg = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-leg]")?.dataset.leg : undefined;
    if (leg && pops.value.has(leg)) void tell(leg, "acknowledged");
  });
}
