// What other contexts show of the caller. Each panel has its own deadline; a slow one holds up nobody. One that arrives
// while something is typed into it waits until the person is done.

import { useEffect, useRef, useState } from "preact/hooks";

import { fragment } from "../lib/http";
import { t } from "../lib/words";
import { useCaller } from "./caller";
import { Chooser } from "./chooser";
import type { Card } from "./types";

declare global {
  interface Window {
    htmx?: { process(element: Element): void };
  }
}

interface Wanted {
  name: string;
  path: string;
  limit_ms: number;
}

const RETRIES_MS = [500, 1500, 4000];
const LIMIT_MS = 4000;

export function Panels({ card }: { card: Card }) {
  const context = useCaller(card.call);
  if (!context) return <div class="desk-panels"><div class="card skeleton"><span class="hidden">{t("desk.loading")}</span></div></div>;
  if (context.found !== "one") return <div class="desk-panels"><Chooser card={card} context={context} /></div>;
  return (
    <div class="desk-panels">
      {Object.entries(context.panels).map(([name, path]) => <Panel key={path} wanted={{ name, path, limit_ms: LIMIT_MS }} />)}
    </div>
  );
}

export function Panel({ wanted }: { wanted: Wanted }) {
  const place = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"loading" | "shown" | "empty" | "late">("loading");
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let over = false;
    let timer = 0;
    const load = async (left: number[]) => {
      try {
        const html = await fragment(wanted.path, wanted.limit_ms);
        if (over) return;
        put(place.current, html);
        setState(html ? "shown" : "empty");
      } catch {
        if (over) return;
        setState("late");
        const [wait, ...rest] = left;
        if (wait !== undefined) timer = window.setTimeout(() => void load(rest), wait);
      }
    };
    void load(RETRIES_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [wanted.path, asked]);
  return (
    <section class="desk-panel" data-panel-of={wanted.name} data-panel-state={state} aria-busy={state === "loading"}>
      {state === "loading" ? <div class="card skeleton"><span class="hidden">{t("desk.loading")}</span></div> : null}
      {state === "late" ? <p class="card quiet">{t("desk.panel_late")} <button type="button" class="small" onClick={() => setAsked(asked + 1)}>{t("desk.again")}</button></p> : null}
      <div ref={place} />
    </section>
  );
}

/** HTML of our own server, parsed without running anything in it. */
export function put(place: HTMLElement | null, html: string): void {
  if (!place || place.contains(document.activeElement)) return;
  const parsed = new DOMParser().parseFromString(html, "text/html");
  for (const link of parsed.querySelectorAll("a[href]")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener");
  }
  place.replaceChildren(...parsed.body.childNodes);
  window.htmx?.process(place);
}
