// Everything by keyboard. Alt and a letter; `?` shows the list. Letters are those on the key, whatever Alt makes of them.

import { signal } from "@preact/signals";

import { act, answer, can, decline, isMuted, mute } from "./acts";
import { active, ringing } from "./store";

export interface Key {
  code: string;
  label: string;
  text: string;
}

export const KEYS: Key[] = [
  { code: "KeyA", label: "Alt A", text: "desk.answer" },
  { code: "KeyX", label: "Alt X", text: "desk.decline" },
  { code: "KeyH", label: "Alt H", text: "desk.hold" },
  { code: "KeyM", label: "Alt M", text: "desk.mute" },
  { code: "KeyK", label: "Alt K", text: "desk.keypad" },
  { code: "KeyT", label: "Alt T", text: "desk.transfer" },
  { code: "KeyR", label: "Alt R", text: "desk.pause_recording" },
  { code: "KeyE", label: "Alt E", text: "desk.hang_up" },
  { code: "KeyN", label: "Alt N", text: "desk.notes" },
  { code: "KeyS", label: "Alt S", text: "desk.state" },
  { code: "KeyC", label: "Alt C", text: "desk.call_somebody" },
  { code: "KeyY", label: "Alt Y", text: "desk.my_day" },
];

/** Which dialog is open. */
export const dialog = signal<"" | "transfer" | "call" | "keypad" | "sound" | "keys" | "day">("");

/** ` (Alt H)`, for a tooltip. */
export function hint(text: string): string {
  const found = KEYS.find((key) => key.text === text);
  return found ? ` (${found.label})` : "";
}

export function listen(): void {
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && !typing(event.target)) {
      dialog.value = dialog.value === "keys" ? "" : "keys";
      event.preventDefault();
    } else if (event.altKey && !event.ctrlKey && !event.metaKey && press(event.code)) event.preventDefault();
  });
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

function press(code: string): boolean {
  const rings = ringing.value;
  const talks = active.value ?? null;
  switch (code) {
    case "KeyA":
      return rings ? (answer(rings), true) : false;
    case "KeyX":
      return rings ? (decline(rings), true) : false;
    case "KeyH":
      return talks ? (void act(talks.phase === "on_hold" ? "resume" : "hold", talks), true) : false;
    case "KeyM":
      return talks ? (mute(talks, !isMuted(talks)), true) : false;
    case "KeyE":
      return talks ? (void act("hang_up", talks), true) : false;
    case "KeyR":
      return talks ? (void act(talks.recording_paused ? "resume_recording" : "pause_recording", talks), true) : false;
    case "KeyK":
      return talks ? toggle("keypad") : false;
    case "KeyT":
      return talks && (can(talks, "transfer") || can(talks, "consult")) ? toggle("transfer") : false;
    case "KeyC":
      return toggle("call");
    case "KeyY":
      return toggle("day");
    case "KeyN":
      document.getElementById("note")?.focus();
      return true;
    case "KeyS":
      document.getElementById("state-menu")?.click();
      return true;
    default:
      return false;
  }
}

function toggle(wanted: typeof dialog.value): boolean {
  dialog.value = dialog.value === wanted ? "" : wanted;
  return true;
}
