// Beside the notes: what to say, and what to look up.

import { useState } from "preact/hooks";

import { t } from "../lib/words";
import { useCaller } from "./caller";
import { noteOf } from "./notes";
import { may } from "./page";
import { Panel } from "./panels";
import type { Card } from "./types";

const MOST_ASKED = 300;

export function Side({ card }: { card: Card }) {
  const context = useCaller(card.call);
  const [asked, setAsked] = useState<string | null>(null);
  if (!may("see_knowledge")) return null;
  const call = encodeURIComponent(card.call);
  // Looked up by what the open ticket is about and what was noted until the moment of asking.
  const look = () => setAsked([context?.ticket?.subject, noteOf(card.call)].filter(Boolean).join(" ").slice(-MOST_ASKED));
  return (
    <section class="card side">
      <div class="switch" role="tablist" aria-label={t("desk.help")}>
        <button type="button" role="tab" aria-selected={asked === null} data-tab="script" onClick={() => setAsked(null)}>{t("desk.script")}</button>
        <button type="button" role="tab" aria-selected={asked !== null} data-tab="knowledge" onClick={look}>{t("desk.knowledge")}</button>
      </div>
      <div role="tabpanel" hidden={asked !== null}>
        <Panel key={`script ${context?.customer ?? ""}`} wanted={{ name: "script", path: `/scripts/panel?call=${call}`, limit_ms: 4000 }} />
      </div>
      {asked === null ? null : (
        <div role="tabpanel">
          <Panel wanted={{ name: "knowledge", path: `/knowledge/panel?${new URLSearchParams({ q: asked })}`, limit_ms: 4000 }} />
        </div>
      )}
    </section>
  );
}
