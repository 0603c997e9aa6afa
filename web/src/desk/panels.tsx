// What other contexts show of the caller. Each panel has its own deadline; a slow one holds up nobody. One that arrives
// while something is typed into it waits until the person is done.

import { useEffect, useRef, useState } from "preact/hooks";

import { fragment } from "../lib/http";
import { t } from "../lib/words";
import { useCaller } from "./caller";
import { may } from "./page";
import type { Card } from "./types";

declare global {
  interface Window {
    htmx?: { process(element: Element): void };
  }
}

interface Wanted {
  name: string;
  right: string;
  path: string;
  limit_ms: number;
}

const RETRIES_MS = [500, 1500, 4000];

export function Panels({ card }: { card: Card }) {
  const { customer, version } = useCaller(card.call);
  const call = encodeURIComponent(card.call);
  const number = encodeURIComponent(card.number);
  const wanted: Wanted[] = [{ name: "customer", right: "see_customers", path: `/customers/panel?call=${call}&number=${number}`, limit_ms: 3000 }];
  if (customer) {
    wanted.push({ name: "tickets", right: "see_tickets", path: `/tickets/panel?customer=${customer}&call=${call}`, limit_ms: 3000 });
    wanted.push({ name: "sales", right: "see_sales", path: `/sales/panel?customer=${customer}&call=${call}`, limit_ms: 4000 });
  }
  return (
    <div class="desk-panels">
      {wanted.filter((each) => may(each.right)).map((each) => <Panel key={`${each.path}#${version}`} wanted={each} />)}
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
