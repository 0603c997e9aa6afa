// What the buttons do: they ask the server. The desk changes when the server's answer comes by the socket.

import { effect, signal } from "@preact/signals";

import { form, Refused, send } from "../lib/http";
import { t } from "../lib/words";
import { isBrowserPhone } from "./page";
import { phone } from "./phone";
import { desk, ringing, trouble } from "./store";
import type { Card } from "./types";

async function tried(work: () => Promise<unknown>): Promise<boolean> {
  trouble.value = "";
  try {
    await work();
    return true;
  } catch (error) {
    trouble.value = (error instanceof Refused && error.message && error.status) ? error.message : t("desk.failed");
    return false;
  }
}

/** One's own state: `log_in`, `pause` with a code ... */
export function intend(wanted: string, fields: Record<string, string> = {}): Promise<boolean> {
  return tried(() => form("/desk/intent", { do: wanted, ...fields }));
}

/** An act on a call, by the words of POST /desk/call. */
export function act(wanted: string, card: Card | null, fields: Record<string, string> = {}): Promise<boolean> {
  return tried(() => send("POST", "/desk/call", { do: wanted, leg: card?.leg ?? "", ...fields }));
}

export function can(card: Card | null | undefined, wanted: string): boolean {
  return Boolean(card?.can.includes(wanted));
}

/** Whether the phone that rings is the one in this browser. */
export function byBrowser(): boolean {
  return Boolean(desk.value?.devices.some((device) => device.chosen && isBrowserPhone(device))) || phone.sound.value !== "idle";
}

/** The call that was answered here before this browser's phone rang for it: the server may be faster. */
const awaited = signal("");

export function answer(card: Card): void {
  if (phone.sound.value === "ringing") void phone.answer();
  else if (can(card, "answer")) void act("answer", card);
  else awaited.value = card.call;
}

/** What was pressed already, and a call that was placed from this desk and rings here first, is answered as it rings. */
export function answerWanted(): void {
  effect(() => {
    const card = ringing.value;
    if (!card || phone.sound.value !== "ringing") return;
    if (card.call === awaited.value || (card.own && phone.owner.value)) void phone.answer();
  });
}

export function decline(card: Card): void {
  if (phone.sound.value === "ringing") phone.decline();
  else void act("decline", card);
}

export function mute(card: Card, on: boolean): void {
  if (phone.sound.value === "talking") phone.mute(on);
  else void act("mute", card, { on: on ? "yes" : "no" });
}

export function key(card: Card, digit: string): void {
  if (phone.sound.value === "talking") phone.dtmf(digit);
  else void act("dtmf", card, { to: digit });
}

export function isMuted(card: Card): boolean {
  return phone.sound.value === "talking" ? phone.muted.value : Boolean(card.muted);
}
