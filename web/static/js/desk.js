// The agent's desk: one's own state as the server has it, and the card of the call at one's phone.

import { foreign, h, reconcile } from "./dom.js";
import { connect, showLink } from "./socket.js";
import { length, setClock, tick, ticking } from "./time.js";

const root = document.getElementById("desk");
const texts = JSON.parse(root.dataset.texts);
const say = (group, word) => texts[`${group}.${word}`] ?? word;
const $ = (id) => document.getElementById(id);
const drawn = new Map();
const link = showLink($("link"), texts);
const title = document.title;

function fact(name, value) {
  return value ? [h("dt", {}, texts[`desk.${name}`]), h("dd", {}, value)] : [];
}

function path(card) {
  if (!card.path.length) return null;
  return h("ol", { class: "path" }, card.path.map((step) =>
    h("li", {}, foreign([step.label || say("node", step.node), step.result].filter(Boolean).join(": ")))));
}

function cardOf(card) {
  const inputs = Object.entries(card.inputs);
  const wait = card.queued === null ? null
    : card.reached === null ? ticking(h("span", {}), card.queued) : length(card.reached - card.queued);
  return h("article", { class: "card call-card", "data-leg": card.leg, "data-phase": card.phase },
    h("header", {},
      h("span", { class: "badge big", "data-word": card.phase }, say("phase", card.phase)),
      ticking(h("span", { class: "figure" }), card.since)),
    h("h2", { class: "caller" }, foreign(card.name || card.number || texts["desk.unknown_number"])),
    card.name && card.number ? h("p", { class: "number" }, foreign(card.number)) : null,
    h("dl", { class: "facts" },
      fact("queue", card.queue_name && foreign(card.queue_name)), fact("waited", wait),
      fact("dialled", card.dnis && foreign(card.dnis)), fact("campaign", card.campaign && foreign(card.campaign)),
      fact("language", card.language && say("desk.lang", card.language)),
      fact("path", path(card)), fact("digits", card.digits && foreign(card.digits)),
      fact("inputs", inputs.length ? h("ul", { class: "inputs" }, inputs.map(([k, v]) => h("li", {}, foreign(k), ": ", foreign(v)))) : null)));
}

function draw(desk) {
  const code = desk.status === "paused" && desk.code ? ` · ${say("pause", desk.code)}` : "";
  $("status").textContent = say("status", desk.status) + code;
  $("status").dataset.word = desk.status;
  ticking($("timer"), desk.since, desk.status === "wrap_up" ? desk.wrapup_until : null);
  const when = [desk.intent, desk.status];
  for (const part of document.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").some((word) => when.includes(word));
  }
  reconcile($("cards"), drawn, desk.cards.map((card) => ({ ...card, id: card.leg })), cardOf);
  $("quiet").hidden = desk.cards.length > 0;
  const ringing = desk.cards.find((card) => card.phase === "ringing");
  document.title = ringing ? `${say("phase", "ringing")}: ${ringing.name || ringing.number}` : title;
}

function pop(card) {
  root.dataset.popped = card.leg;
  requestAnimationFrame(() => document.querySelector(`[data-leg="${CSS.escape(card.leg)}"]`)?.classList.add("popped"));
}

connect("/desk/socket", (message) => {
  if (message.now) setClock(message.now);
  if (message.type === "pop") pop(message.pop);
  else if (message.desk) {
    draw(message.desk);
    (message.pop ?? []).forEach(pop);
  }
}, link);
tick(root);

$("intent").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new FormData(event.target, event.submitter);
  $("failed").hidden = true;
  try {
    const response = await fetch(event.target.action, { method: "POST", body: new URLSearchParams(body), redirect: "manual" });
    $("failed").hidden = response.type === "opaqueredirect";
  } catch {
    $("failed").hidden = false;
  }
});
