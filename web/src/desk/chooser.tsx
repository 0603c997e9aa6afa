// Nobody or several have this number: who is it?

import { useState } from "preact/hooks";

import { Foreign } from "../lib/foreign";
import { Refused } from "../lib/http";
import { say, t } from "../lib/words";
import { identify, type Context } from "./caller";
import { may } from "./page";
import type { Card } from "./types";

export function Chooser({ card, context }: { card: Card; context: Context }) {
  const [wrong, setWrong] = useState("");
  const take = async (customer: number) => {
    try {
      await identify(card.call, customer);
    } catch (error) {
      setWrong(error instanceof Refused && error.message ? error.message : t("desk.failed"));
    }
  };
  return (
    <section class="card stack chooser-card" data-found={context.found}>
      <h2>{context.matches.length ? t("desk.who_is_it", { count: context.matches.length }) : t("desk.nobody_known")}</h2>
      {wrong ? <p class="alert" role="alert">{wrong}</p> : null}
      {context.matches.length ? (
        <ol class="directory">
          {context.matches.map((match) => (
            <li key={match.id} data-candidate={match.id}>
              <span class="who"><Foreign class="strong" text={match.name} />
                <span class="quiet">{[say("customers.kind", match.kind), match.account, match.owner_name, "★".repeat(match.tier)].filter(Boolean).join(" · ")}</span></span>
              <button type="button" class="small primary" onClick={() => void take(match.id)}>{t("desk.this_one")}</button>
            </li>
          ))}
        </ol>
      ) : null}
      <p class="buttons">
        {may("edit_customers") ? <a class="button" href={context.prefill.url} target="_blank" rel="noopener">{t("desk.new_customer")}</a> : null}
        {may("edit_tickets") ? <a class="button" href={`/tickets/new?call=${encodeURIComponent(card.call)}`} target="_blank" rel="noopener">{t("desk.new_ticket")}</a> : null}
      </p>
    </section>
  );
}
