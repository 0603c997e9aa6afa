// What is known of the call itself, at once: it came with the ring.

import type { ComponentChildren } from "preact";

import { Foreign } from "../lib/foreign";
import { say, t, told } from "../lib/words";
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
    </section>
  );
}

function Fact({ name, said }: { name: string; said: ComponentChildren }) {
  if (!said) return null;
  return <div><dt>{t(`desk.${name}`)}</dt><dd>{said}</dd></div>;
}
