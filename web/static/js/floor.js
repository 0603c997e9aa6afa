// The live floor: a snapshot, then patches; each view replaces the one before it whole.

import { foreign, h, reconcile } from "./dom.js";
import { connect, showLink } from "./socket.js";
import { length, now, setClock, tick, ticking } from "./time.js";

const root = document.getElementById("floor");
const texts = JSON.parse(root.dataset.texts);
const order = new Intl.Collator(root.dataset.language === "zh" ? "zh-Hans-CN" : "en", { numeric: true });
const say = (group, word) => texts[`${group}.${word}`] ?? word;
const $ = (id) => document.getElementById(id);

let floor = { calls: {}, agents: {}, queues: {}, pbx: false };
const drawn = { calls: new Map(), agents: new Map(), queues: new Map() };
const link = showLink($("link"), texts);

function badge(group, word, extra = "") {
  return h("span", { class: "badge", "data-word": word }, say(group, word), extra && ` · ${extra}`);
}

function nameOf(kind, id) {
  return floor[kind][id]?.name ?? id;
}

function callRow(call) {
  const who = call.number || texts["floor.unknown_number"];
  return h("tr", { "data-call": call.id },
    h("td", { class: "customer" }, h("span", { class: "number cut" }, foreign(who)),
      call.name && call.name !== call.number ? h("span", { class: "quiet cut" }, foreign(call.name)) : null),
    h("td", {}, badge("phase", call.phase)),
    h("td", {}, call.queue ? foreign(call.queueName) : h("span", { class: "quiet" }, say("direction", call.direction))),
    h("td", {}, call.with.map((name, n) => [n > 0 ? ", " : null, foreign(name)])),
    ticking(h("td", { class: "num" }), call.since));
}

function queueRow(queue) {
  const wait = ticking(h("span", {}), queue.oldest);
  return h("tr", { "data-queue": queue.id, "data-threshold": queue.sl_threshold_s },
    h("td", {}, foreign(queue.name)),
    h("td", { class: "num strong" }, queue.waiting),
    h("td", { class: "num wait" }, wait, h("span", { class: "late", hidden: true }, texts["floor.late"])),
    h("td", { class: "num" }, `${queue.available} / ${queue.logged_in}`));
}

function agentTile(agent) {
  const code = agent.status === "paused" && agent.code ? say("pause", agent.code) : "";
  const customer = agent.caller_name || agent.number;
  return h("article", { class: "tile", "data-agent": agent.id, "data-status": agent.status },
    h("header", {}, h("strong", { class: "cut" }, foreign(agent.name)), agent.extension && h("span", { class: "quiet" }, agent.extension)),
    h("p", { class: "tile-state" }, badge("status", agent.status, code),
      agent.status === "logged_out" ? "" : ticking(h("span", { class: "num" }), agent.since)),
    h("p", { class: "tile-call cut" }, customer ? foreign(customer) : h("span", { class: "quiet" }, agent.queueNames.join(" · "))));
}

function draw() {
  const calls = Object.values(floor.calls).sort((a, b) => a.started - b.started || (a.id < b.id ? -1 : 1));
  const queues = Object.values(floor.queues).sort((a, b) => order.compare(a.name, b.name));
  const agents = Object.values(floor.agents).sort(
    (a, b) => (a.status === "logged_out") - (b.status === "logged_out") || order.compare(a.name, b.name));
  reconcile($("calls"), drawn.calls, calls.map((c) => ({
    ...c, queueName: nameOf("queues", c.queue), with: c.agents.map((id) => nameOf("agents", id)),
  })), callRow);
  reconcile($("queues"), drawn.queues, queues, queueRow);
  reconcile($("agents"), drawn.agents, agents.map((a) => ({ ...a, queueNames: a.queues.map((id) => nameOf("queues", id)) })), agentTile);
  for (const [kind, list] of Object.entries({ calls, queues, agents })) {
    document.querySelector(`[data-empty=${kind}]`).hidden = list.length > 0;
  }
  const is = (...words) => agents.filter((a) => words.includes(a.status)).length;
  figure("waiting", queues.reduce((sum, q) => sum + q.waiting, 0));
  figure("calls", calls.length);
  figure("talking", is("talking", "on_hold"));
  figure("available", is("available"));
  figure("signed_in", agents.length - is("logged_out"));
  clockwork();
}

function figure(name, value) {
  const element = document.querySelector(`[data-headline=${name}] [data-figure]`);
  if (element.textContent !== String(value)) element.textContent = value;
}

function clockwork() {
  const waits = Object.values(floor.queues).filter((q) => q.oldest !== null);
  const oldest = waits.reduce((least, q) => Math.min(least, q.oldest), Infinity);
  figure("longest", waits.length ? length(now() - oldest) : "–");
  let late = false;
  for (const queue of Object.values(floor.queues)) {
    const row = drawn.queues.get(queue.id)?.element;
    if (!row) continue;
    const over = queue.oldest !== null && now() - queue.oldest > queue.sl_threshold_s;
    late ||= over;
    row.classList.toggle("over", over);
    row.querySelector(".late").hidden = !over;
  }
  document.querySelector("[data-headline=longest]").classList.toggle("over", late);
}

function put(known, changes) {
  for (const [id, view] of Object.entries(changes ?? {})) {
    if (view === null) delete known[id];
    else known[id] = view;
  }
}

connect("/live/socket", (message) => {
  if (message.type === "snapshot") {
    floor = message.floor;
    setClock(message.now);
  } else if (message.type === "patch") {
    floor.pbx = message.patch.pbx;
    put(floor.calls, message.patch.calls);
    put(floor.agents, message.patch.agents);
    put(floor.queues, message.patch.queues);
  } else return;
  link(floor.pbx ? "connected" : "no_pbx");
  draw();
}, (state) => { if (state !== "connected") link(state); });
tick(root, clockwork);
