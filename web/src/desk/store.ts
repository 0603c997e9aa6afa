// What the desk knows: the server's truth as signals. Nothing here is changed by a button; the server's answer changes it.

import { computed, signal } from "@preact/signals";

import { setClock } from "../lib/clock";
import type { Link } from "../lib/socket";
import type { Card, Desk, Line, Message } from "./types";

export const desk = signal<Desk | null>(null);
export const lines = signal<ReadonlyMap<string, Line>>(new Map());
export const link = signal<Link>("connecting");
/** The legs that popped at this desk, the last one last. */
export const pops = signal<ReadonlySet<string>>(new Set());
/** The leg whose call is shown in the middle; empty: the first one. */
export const picked = signal("");
/** The call whose wrap-up is being written, after its card has gone. */
export const wrapping = signal<Card | null>(null);
export const trouble = signal("");

export const cards = computed<Card[]>(() => desk.value?.cards ?? []);
export const ringing = computed(() => cards.value.find((card) => card.phase === "ringing"));
export const active = computed(() => cards.value.find((card) => card.phase !== "ringing"));
/** The card that is shown: what was picked or is written about, else what talks, what rings, what was talked last. */
export const shown = computed<Card | null>(() => {
  const chosen = [...cards.value, wrapping.value].find((card) => card?.leg === picked.value);
  return chosen ?? active.value ?? ringing.value ?? wrapping.value;
});

export function hear(message: Message): void {
  if (message.now) setClock(message.now);
  switch (message.type) {
    case "snapshot":
      lines.value = new Map(message.lines.map((line) => [line.id, line]));
      show(message.desk);
      message.pop.forEach(pop);
      break;
    case "desk":
      show(message.desk);
      break;
    case "line":
      lines.value = new Map(lines.value).set(message.line.id, message.line);
      break;
    case "pop":
      pop(message.pop);
      break;
  }
}

function pop(card: Card): void {
  pops.value = new Set(pops.value).add(card.leg);
}

function show(after: Desk | null): void {
  const before = desk.value?.cards ?? [];
  const there = new Set(after?.cards.map((card) => card.leg));
  const begun = after?.cards.find((card) => card.phase === "talking" && !before.some((old) => old.leg === card.leg && old.phase !== "ringing"));
  if (begun && before.length) picked.value = begun.leg;
  const rung = after?.cards.find((card) => card.phase === "ringing" && !before.some((old) => old.leg === card.leg && old.phase === "ringing"));
  // The wrap-up is over, and nobody writes: who rings is shown. Who still writes finds the new call in the left column.
  if (rung && after?.status !== "wrap_up" && picked.value === wrapping.value?.leg && !isWriting()) picked.value = rung.leg;
  const gone = before.find((card) => !there.has(card.leg) && card.phase !== "ringing");
  if (gone) wrapping.value = gone;
  else if (after?.cards.some((card) => card.phase === "talking")) wrapping.value = null;
  desk.value = after;
}

function isWriting(): boolean {
  return document.activeElement?.matches("input, textarea, select") ?? false;
}
