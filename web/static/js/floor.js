// The live floor: a snapshot, then patches; each view replaces the one before it whole.

import { foreign, h, reconcile } from "./dom.js";
import { orders } from "./orders.js";
import { connect, showLink } from "./socket.js";
import { length, now, setClock, tick, ticking } from "./time.js";

const root = document.getElementById("floor");
const texts = JSON.parse(root.dataset.texts);
const order = new Intl.Collator(root.dataset.language === "zh" ? "zh-Hans-CN" : "en", { numeric: true });
const say = (group, word) => texts[`${group}.${word}`] ?? word;
const $ = (id) => document.getElementById(id);

let floor = { calls: {}, agents: {}, queues: {}, pbx: false, away: [] };
const drawn = { calls: new Map(), agents: new Map(), queues: new Map() };
const link = showLink($("link"), texts);

const SOON = 0.75;
const ICONS = { in_time: "✓", soon: "◔", late: "▲" };

function badge(group, word, extra = "") {
  return h("span", { class: "badge", "data-word": word }, say(group, word), extra && ` · ${extra}`);
}

function mark(name, extra = "") {
  return h("span", { class: "mark", "data-mark": name }, texts[`floor.${name}`], extra && ` ${extra}`);
}

function nameOf(kind, id) {
  return floor[kind][id]?.name ?? id;
}

// Where a caller is sent: `queue:ID`, `voicemail:BOX`, `number:DIGITS`, `callback`, `hangup`.
function targetOf(target) {
  const [kind, name = ""] = target.split(":");
  return kind === "queue" ? nameOf("queues", name) : `${say("target", kind)} ${name}`.trim();
}

function phoneOf(agent, phone) {
  if (phone === "mobile") return texts["floor.mobile"];
  return phone === agent.phones[0] ? `${phone} (${texts["floor.usual"]})` : phone;
}

function callRow(call) {
  const who = call.number || texts["floor.unknown_number"];
  return h("tr", { "data-call": call.id },
    h("td", { class: "customer" }, h("span", { class: "number cut" }, foreign(who)),
      call.name && call.name !== call.number ? h("span", { class: "quiet cut" }, foreign(call.name)) : null),
    h("td", {}, badge("phase", call.phase),
      call.sentTo ? h("span", { class: "quiet cut" }, `${texts["floor.sent_to"]} `, foreign(call.sentTo)) : null,
      call.keptFor ? h("span", { class: "quiet cut" }, `${texts["floor.kept_for"]} `, foreign(call.keptFor)) : null),
    h("td", {}, call.queue ? foreign(call.queueName) : h("span", { class: "quiet" }, say("direction", call.direction))),
    h("td", {}, call.with.map((name, n) => [n > 0 ? ", " : null, foreign(name)])),
    ticking(h("td", { class: "num" }), call.since),
    h("td", { class: "act" }, call.waits ? act("calls", call.id, who) : null));
}

function queueRow(queue) {
  const states = Object.entries(queue.agents).filter(([word]) => word !== "logged_out");
  return h("tr", { "data-queue": queue.id, "data-threshold": queue.sl_threshold_s },
    h("td", { class: "customer" }, foreign(queue.name, { class: "strong" }),
      h("span", { class: "marks" }, queue.open ? null : mark("closed"), queue.by_mobile ? mark("by_mobile") : null)),
    h("td", { class: "num strong", "data-label": texts["floor.waiting"] }, queue.waiting),
    h("td", { class: "wait", "data-label": texts["floor.longest"] }, ticking(h("span", { class: "num" }), queue.oldest), h("span", { class: "level" })),
    h("td", { class: "num", "data-label": texts["floor.expected"] }, queue.expected_s === null ? "–" : length(queue.expected_s)),
    h("td", { class: "num", "data-label": texts["floor.callbacks"] }, queue.callbacks || "–"),
    h("td", {}, h("span", { class: "states" }, states.map(([word, count]) => h("span", { class: "badge", "data-word": word }, `${say("status", word)} ${count}`)),
      states.length ? null : h("span", { class: "quiet" }, texts["floor.nobody"]))),
    h("td", { class: "act" }, act("queues", queue.id, queue.name)));
}

function agentTile(agent) {
  const code = agent.status === "paused" && agent.code ? say("pause", agent.code) : "";
  const customer = agent.caller_name || agent.number;
  const unusual = agent.phone !== agent.phones[0];
  const timer = h("span", { class: "num" });
  return h("article", { class: "tile", "data-agent": agent.id, "data-status": agent.status },
    h("header", {}, h("div", { class: "who" }, h("strong", { class: "cut" }, foreign(agent.name)),
      h("span", { class: "quiet cut" }, [agent.team, agent.extension].filter(Boolean).join(" · "))), act("agents", agent.id, agent.name)),
    h("p", { class: "tile-state" }, badge("status", agent.status, code),
      agent.status === "logged_out" ? "" : ticking(timer, agent.since, ["wrap_up", "resting"].includes(agent.status) ? agent.until : null)),
    agent.overdue || unusual ? h("p", { class: "marks" }, agent.overdue ? mark("overdue") : null,
      unusual ? (agent.phone === "mobile" ? mark("by_mobile") : mark("other_phone", agent.phone)) : null) : null,
    h("p", { class: "tile-call cut" }, customer ? foreign(customer) : h("span", { class: "quiet" }, agent.queueNames.join(" · "))));
}

const act = orders(root, texts, {
  agents: (id) => {
    const agent = floor.agents[id];
    return agent && {
      name: agent.name,
      when: [agent.intent, agent.phones.length > 1 ? "devices" : ""],
      fill: (dialog) => {
        const state = dialog.querySelector("[data-state]");
        state.dataset.word = agent.status;
        state.textContent = say("status", agent.status);
        dialog.querySelector("[data-phones]").replaceChildren(...agent.phones.map((phone) =>
          h("option", { value: phone, selected: phone === agent.phone }, phoneOf(agent, phone))));
      },
    };
  },
  queues: (id) => {
    const queue = floor.queues[id];
    return queue && { name: queue.name, when: [queue.mobile ? "mobile" : "phones"] };
  },
  calls: (id) => {
    const call = floor.calls[id];
    return call && {
      name: call.number || texts["floor.unknown_number"],
      when: [],
      fill: (dialog) => {
        const others = Object.keys(floor.queues).filter((queue) => queue !== call.queue).map((queue) => `queue:${queue}`);
        const box = floor.queues[call.queue]?.box;
        const targets = [...others, ...(box ? [`voicemail:${box}`] : []), "hangup"];
        dialog.querySelector("[data-targets]").replaceChildren(...targets.map((target) => h("option", { value: target }, targetOf(target))));
      },
    };
  },
});

function draw() {
  const calls = Object.values(floor.calls).sort((a, b) => a.started - b.started || (a.id < b.id ? -1 : 1));
  const queues = Object.values(floor.queues).sort((a, b) => order.compare(a.name, b.name));
  const agents = Object.values(floor.agents).sort(
    (a, b) => (a.status === "logged_out") - (b.status === "logged_out") || order.compare(a.name, b.name));
  reconcile($("calls"), drawn.calls, calls.map((c) => ({
    ...c, queueName: nameOf("queues", c.queue), with: c.agents.map((id) => nameOf("agents", id)),
    keptFor: c.held_for && nameOf("agents", c.held_for), sentTo: c.sent_to && targetOf(c.sent_to),
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
    const share = queue.oldest === null ? -1 : (now() - queue.oldest) / queue.sl_threshold_s;
    const level = share < 0 ? "" : share > 1 ? "late" : share > SOON ? "soon" : "in_time";
    late ||= level === "late";
    if (row.dataset.level === level) continue;
    row.dataset.level = level;
    row.querySelector(".level").textContent = level && `${ICONS[level]} ${texts[`floor.level.${level}`]}`;
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
    floor.away = message.patch.away;
    put(floor.calls, message.patch.calls);
    put(floor.agents, message.patch.agents);
    put(floor.queues, message.patch.queues);
  } else return;
  const away = floor.away.length ? "branch_away" : "connected";
  link(floor.pbx ? away : "no_pbx", floor.pbx ? floor.away.join(", ") : "");
  draw();
}, (state) => { if (state !== "connected") link(state); });
tick(root, clockwork);
