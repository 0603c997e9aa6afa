// The left column: each call at the agent's phones, what rings first.

import { Foreign } from "../lib/foreign";
import { Ticking } from "../lib/ticking";
import { length } from "../lib/clock";
import { say, t } from "../lib/words";
import { answer, byBrowser, can, decline } from "./acts";
import { hint } from "./keys";
import { cards, picked, pops, shown, wrapping } from "./store";
import type { Card } from "./types";

export function Cards() {
  const order = [...cards.value].sort((a, b) => Number(b.phase === "ringing") - Number(a.phase === "ringing") || a.since - b.since);
  const over = wrapping.value;
  return (
    <section id="cards" class="desk-cards" aria-live="assertive" aria-label={t("desk.calls")}>
      {order.map((card) => <CallCard key={card.leg} card={card} />)}
      {over ? <Over card={over} /> : null}
      {!order.length && !over ? <p class="empty card" id="quiet">{t("desk.no_call")}</p> : null}
    </section>
  );
}

export function caller(card: Card): string {
  return card.name || card.number || t("desk.unknown_number");
}

function CallCard({ card }: { card: Card }) {
  const rings = card.phase === "ringing";
  const selected = shown.value?.leg === card.leg;
  return (
    <article class={`card call-card${pops.value.has(card.leg) ? " popped" : ""}`} data-leg={card.leg} data-call={card.call} data-phase={card.phase} aria-current={selected ? "true" : undefined}
      onClick={() => (picked.value = card.leg)}>
      <header>
        <span class="badge" data-word={card.phase}>{say("phase", card.phase)}</span>
        <Ticking class="figure" since={card.since} />
      </header>
      <h2 class="caller"><Foreign text={caller(card)} /></h2>
      {card.name && card.number ? <p class="number"><Foreign text={card.number} /></p> : null}
      {card.callback ? <p class="hint">{t("desk.hint.callback")}</p> : null}
      <p class="card-facts">
        {card.queue_name ? <span><Foreign text={card.queue_name} /></span> : null}
        {card.queued !== null ? <span class="quiet">{`${t("desk.waited")} `}{card.reached === null ? <Ticking class="num" since={card.queued} /> : <span class="num">{length(card.reached - card.queued)}</span>}</span> : null}
      </p>
      {rings ? (
        <div class="buttons ring-buttons">
          {byBrowser() || can(card, "answer") ? <button type="button" class="accept" data-act="answer" title={t("desk.answer") + hint("desk.answer")} onClick={() => answer(card)}>{t("desk.answer")}</button> : <span class="quiet">{t("desk.pick_up")}</span>}
          {byBrowser() || can(card, "decline") ? <button type="button" class="refuse" data-act="decline" title={t("desk.decline") + hint("desk.decline")} onClick={() => decline(card)}>{t("desk.decline")}</button> : null}
        </div>
      ) : null}
      {card.consult ? <p class="consult"><span class="badge" data-word={card.consult.phase}>{t("desk.consulting")}</span> <Foreign class="strong" text={card.consult.name || card.consult.number} /></p> : null}
      {card.members.length ? <p class="quiet">{t("desk.conference")}: <Foreign text={card.members.join(" · ")} /></p> : null}
    </article>
  );
}

/** The call that has just ended, while its wrap-up is written. */
function Over({ card }: { card: Card }) {
  return (
    <article class="card call-card over" data-over={card.call} aria-current={shown.value?.leg === card.leg ? "true" : undefined} onClick={() => (picked.value = card.leg)}>
      <header><span class="badge" data-word="wrap_up">{t("desk.ended")}</span>
        <button type="button" class="small" onClick={(event) => { event.stopPropagation(); wrapping.value = null; }} aria-label={t("desk.put_away")}>✕</button></header>
      <h2 class="caller"><Foreign text={caller(card)} /></h2>
      {card.name && card.number ? <p class="number"><Foreign text={card.number} /></p> : null}
    </article>
  );
}
