// What is known of the call itself, at once: it came with the ring.

import type { ComponentChildren } from "preact";

import { Foreign } from "../lib/foreign";
import { moment } from "../lib/clock";
import { say, t, told } from "../lib/words";
import { useCaller, type Noted } from "./caller";
import { caller } from "./cards";
import type { Card } from "./types";

export function Facts({ card }: { card: Card }) {
  const inputs = card.inputs.map(told);
  return (
    <section class="card call-facts" aria-labelledby="facts-title" data-facts={card.call}>
      <h2 id="facts-title" class="caller"><Foreign text={caller(card)} /></h2>
      {card.name && card.number ? <p class="number"><Foreign text={card.number} /></p> : null}
      <dl class="facts">
        <Fact name="queue" said={card.queue_name && <Foreign text={card.queue_name} />} />
        <Fact name="dialled" said={card.dnis && <Foreign text={card.dnis} />} />
        <Fact name="campaign" said={card.campaign && <Foreign text={card.campaign} />} />
        <Fact name="language" said={card.language && say("desk.lang", card.language)} />
        <Fact name="transferred_by" said={card.transferred_by && <Foreign text={card.transferred_by} />} />
        <Fact name="path" said={card.path.length ? <ol class="path">{card.path.map((words, place) => <li key={place}><Foreign text={told(words).join(" · ")} /></li>)}</ol> : ""} />
        <Fact name="digits" said={card.digits && <Foreign text={card.digits} />} />
        <Fact name="inputs" said={inputs.length ? <ul class="inputs">{inputs.map(([key, value]) => <li key={key}><Foreign text={key ?? ""} />: <Foreign text={value ?? ""} /></li>)}</ul> : ""} />
      </dl>
      <Story card={card} />
    </section>
  );
}

/** Who sent the caller on and why, and the calls before this one: nobody has to tell the story twice. */
function Story({ card }: { card: Card }) {
  const context = useCaller(card.call);
  if (!context) return null;
  const { transfers, previous, callback } = context;
  return (
    <>
      {transfers.map((each) => (
        <p key={each.at} class="handed" data-transfer={each.kind}><span class="badge" data-word="waiting">{t("desk.transferred_by")}</span> <Foreign class="strong" text={each.by_name} /> {each.why ? <Said noted={each.why} /> : null}</p>
      ))}
      {callback ? <p class="handed"><span class="badge" data-word="callback">{t("desk.promised")}</span> {moment(callback.planned)} {callback.note ? <Foreign text={callback.note} /> : null}</p> : null}
      {previous.length ? (
        <details class="previous"><summary>{t("desk.previous", { count: previous.length })}</summary>
          <ol>{previous.map((each) => (
            <li key={each.call}><time>{moment(each.at)}</time> · {[say("direction", each.direction), say("outcome", each.outcome)].join(" · ")} {each.agent_name ? <Foreign text={each.agent_name} /> : null}
              {each.notes.map((noted, place) => <p key={place}><Said noted={noted} /></p>)}</li>
          ))}</ol></details>
      ) : null}
    </>
  );
}

function Said({ noted }: { noted: Noted }) {
  return <span class="noted">{noted.code_name ? <Foreign class="strong" text={noted.code_name} /> : null} {noted.note ? <Foreign text={noted.note} /> : null}</span>;
}

function Fact({ name, said }: { name: string; said: ComponentChildren }) {
  if (!said) return null;
  return <div><dt>{t(`desk.${name}`)}</dt><dd>{said}</dd></div>;
}
