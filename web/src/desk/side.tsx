// Beside the notes: what to say, and what to look up.

import { useState } from "preact/hooks";

import { t } from "../lib/words";
import { useCaller } from "./caller";
import { may } from "./page";
import { Panel } from "./panels";
import type { Card } from "./types";

export function Side({ card }: { card: Card }) {
  const customer = useCaller(card.call)?.customer;
  const [tab, setTab] = useState<"script" | "knowledge">("script");
  // Asked again when the caller is known: another script may fit then.
  const about = new URLSearchParams({ call: card.call, customer: customer ? String(customer) : "" });
  const tabs = (["script", "knowledge"] as const).filter(() => may("see_knowledge"));
  if (!tabs.length) return null;
  return (
    <section class="card side">
      <div class="switch" role="tablist" aria-label={t("desk.help")}>
        {tabs.map((each) => <button key={each} type="button" role="tab" aria-selected={tab === each} data-tab={each} onClick={() => setTab(each)}>{t(`desk.${each}`)}</button>)}
      </div>
      {tabs.map((each) => (
        <div key={each} role="tabpanel" hidden={tab !== each}>
          <Panel wanted={{ name: each, path: `/${each === "script" ? "scripts" : "knowledge"}/panel?${about}`, limit_ms: 4000 }} />
        </div>
      ))}
    </section>
  );
}
