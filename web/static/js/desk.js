// The agent's desk: one's own state as the server has it, one's queues, and the card of the call at one's phone.

import { foreign, h, reconcile } from "./dom.js";
import { connect, showLink } from "./socket.js";
import { length, now, setClock, tick, ticking } from "./time.js";

const root = document.getElementById("desk");
const texts = JSON.parse(root.dataset.texts);
const say = (group, word) => texts[`${group}.${word}`] ?? word;
const $ = (id) => document.getElementById(id);
const drawn = { cards: new Map(), lines: new Map() };
const link = showLink($("link"), texts);
const title = document.title;
const LAST_MS = 400;
const LAST_TRIES = 8;
let lines = new Map();
let devices = "";
let last = { wanted: "" };

function fact(name, value) {
  return value ? [h("dt", {}, texts[`desk.${name}`]), h("dd", {}, value)] : [];
}

// Words of the IVR path and of what travels with the call: ids that have a text, or text as it is.
function told(words) {
  return words.map((word) => (word.group ? say(word.group, word.word) : word.word));
}

function path(card) {
  if (!card.path.length) return null;
  return h("ol", { class: "path" }, card.path.map((words) => h("li", {}, foreign(told(words).join(" · ")))));
}

function cardOf(card) {
  const wait = card.queued === null ? null
    : card.reached === null ? ticking(h("span", {}), card.queued) : length(card.reached - card.queued);
  const inputs = card.inputs.map(told);
  return h("article", { class: "card call-card", "data-leg": card.leg, "data-phase": card.phase },
    h("header", {},
      h("span", { class: "badge big", "data-word": card.phase }, say("phase", card.phase)),
      ticking(h("span", { class: "figure" }), card.since)),
    h("h2", { class: "caller" }, foreign(card.name || card.number || texts["desk.unknown_number"])),
    card.name && card.number ? h("p", { class: "number" }, foreign(card.number)) : null,
    card.callback ? h("p", { class: "hint" }, texts["desk.hint.callback"]) : null,
    h("dl", { class: "facts" },
      fact("queue", card.queue_name && foreign(card.queue_name)), fact("waited", wait),
      fact("dialled", card.dnis && foreign(card.dnis)), fact("campaign", card.campaign && foreign(card.campaign)),
      fact("language", card.language && say("desk.lang", card.language)),
      fact("path", path(card)), fact("digits", card.digits && foreign(card.digits)),
      fact("inputs", inputs.length ? h("ul", { class: "inputs" }, inputs.map(([key, value]) => h("li", {}, foreign(key), ": ", foreign(value)))) : null)),
    h("p", { class: "buttons" }, h("a", { class: "button", href: `/tickets/new?call=${encodeURIComponent(card.call)}`, target: "_blank", rel: "noopener" }, texts["desk.new_ticket"])));
}

function lineOf(line) {
  return h("li", { class: "chip", "data-queue": line.id },
    foreign(line.name, { class: "strong" }), line.open ? null : h("span", { class: "mark", "data-mark": "closed" }, texts["desk.closed"]),
    h("span", { class: "num" }, `${texts["desk.waiting"]} ${line.waiting}`),
    line.oldest === null ? null : [h("span", { class: "quiet" }, texts["desk.longest"]), ticking(h("span", { class: "num oldest" }), line.oldest)]);
}

function drawLines() {
  reconcile($("lines"), drawn.lines, [...lines.values()], lineOf);
  clockwork();
}

function clockwork() {
  for (const line of lines.values()) {
    const late = line.oldest !== null && now() - line.oldest > line.sl_threshold_s;
    drawn.lines.get(line.id)?.element.classList.toggle("late", late);
  }
}

function drawDevices(desk) {
  const print = JSON.stringify(desk.devices);
  if (print === devices) return;
  devices = print;
  $("phone").replaceChildren(...desk.devices.map((device) => {
    const name = device.number ? `${texts["desk.mobile"]} ${device.number}` : device.id;
    return h("option", { value: device.id, selected: device.chosen }, device.reachable ? name : `${name} (${texts["desk.not_reachable"]})`);
  }));
}

// What the state means for the agent, where that is not plain.
function hint(desk) {
  if (desk.status === "paused") return desk.code === "rona" ? "rona" : "";
  return ["resting", "unreachable"].includes(desk.status) ? desk.status : "";
}

function draw(desk) {
  const code = desk.status === "paused" && desk.code ? ` · ${say("pause", desk.code)}` : "";
  $("status").textContent = say("status", desk.status) + code;
  $("status").dataset.word = desk.status;
  ticking($("timer"), desk.since, { wrap_up: desk.wrapup_until, resting: desk.rest_until }[desk.status] ?? null);
  const when = [desk.intent, desk.status, desk.extend_s > 0 ? "extendable" : "", desk.devices.length > 1 ? "devices" : ""];
  for (const part of document.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").some((word) => when.includes(word));
  }
  $("extend").textContent = texts["desk.extend"].replace("{length}", length(desk.extend_s));
  const word = hint(desk);
  $("hint").hidden = !word;
  $("hint").textContent = word ? texts[`desk.hint.${word}`] : "";
  drawDevices(desk);
  reconcile($("cards"), drawn.cards, desk.cards.map((card) => ({ ...card, id: card.leg })), cardOf);
  $("quiet").hidden = desk.cards.length > 0;
  $("last").hidden = desk.cards.length > 0;
  if (!desk.cards.length) wantLast(`${desk.last_call} ${desk.status}`, desk.last_call);
  const ringing = desk.cards.find((card) => card.phase === "ringing");
  document.title = ringing ? `${say("phase", "ringing")}: ${ringing.name || ringing.number}` : title;
}

// The record of a call that has just ended is written a moment later: asked for again until the end is in it.
function wantLast(wanted, call) {
  if (!call || wanted === last.wanted) return;
  clearTimeout(last.timer);
  last = { wanted, call, tries: 0, timer: setTimeout(fillLast, 0) };
}

async function fillLast() {
  const asked = last;
  let whole = false;
  try {
    const response = await fetch("/desk/last");
    if (response.status === 200 && !response.redirected) {
      const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
      const shown = parsed.body.firstElementChild;
      whole = shown.dataset.call === asked.call && shown.dataset.ended !== undefined;
      $("last").replaceChildren(...parsed.body.children);
    }
  } catch {
    // asked for again below
  }
  asked.tries += 1;
  if (!whole && asked === last && asked.tries < LAST_TRIES) asked.timer = setTimeout(fillLast, LAST_MS * asked.tries);
}

function pop(card) {
  root.dataset.popped = card.leg;
  requestAnimationFrame(() => document.querySelector(`[data-leg="${CSS.escape(card.leg)}"]`)?.classList.add("popped"));
}

connect("/desk/socket", (message) => {
  if (message.now) setClock(message.now);
  if (message.type === "pop") pop(message.pop);
  else if (message.type === "line") {
    lines.set(message.line.id, message.line);
    drawLines();
  } else if (message.desk) {
    if (message.type === "snapshot") {
      lines = new Map(message.lines.map((line) => [line.id, line]));
      drawLines();
    }
    draw(message.desk);
    (message.pop ?? []).forEach(pop);
  }
}, link);
tick(root, clockwork);

root.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  $("failed").hidden = true;
  try {
    const response = await fetch(event.target.action, { method: "POST", body, redirect: "manual" });
    $("failed").hidden = response.type === "opaqueredirect";
  } catch {
    $("failed").hidden = false;
  }
});
