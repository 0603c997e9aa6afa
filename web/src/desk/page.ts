// What the server wrote into the page.

import { signal } from "@preact/signals";

import { setZone } from "../lib/clock";
import { setToken } from "../lib/http";
import { setTexts } from "../lib/words";

export const pauses = signal<string[]>([]);
const rights = new Set<string>();
/** `browserPhone`: the endpoint of the phone in this browser; empty for who has none. */
export const settings = { browserPhone: "" };

export function readPage(root: HTMLElement): void {
  const { texts, codes, csrf, may: granted, browserPhone, zone } = root.dataset;
  setZone(zone ?? "", document.documentElement.lang);
  setTexts(JSON.parse(texts ?? "{}"));
  setToken(csrf ?? "");
  pauses.value = JSON.parse(codes ?? "[]");
  (JSON.parse(granted ?? "[]") as string[]).forEach((right) => rights.add(right));
  settings.browserPhone = browserPhone ?? "";
}

/** Whether the person may do this; the server asks again. */
export function may(right: string): boolean {
  return rights.has(right);
}

export function isBrowserPhone(device: { id: string }): boolean {
  return settings.browserPhone !== "" && device.id === settings.browserPhone;
}
