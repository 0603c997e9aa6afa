// Lengths of time that tick by themselves. The server's clock counts, not the browser's.

import { signal } from "@preact/signals";

let ahead = 0;

/** Moves twice a second; whoever reads it is drawn again. */
export const beat = signal(0);

export function setClock(serverSeconds: number): void {
  ahead = serverSeconds - Date.now() / 1000;
}

/** Epoch seconds by the server's clock. */
export function now(): number {
  return Date.now() / 1000 + ahead;
}

let zone: string | undefined;
let language: string | undefined;

/** Times are told in the site's zone and the reader's language. */
export function setZone(wanted: string, reader: string): void {
  [zone, language] = [wanted || undefined, reader || undefined];
}

export function moment(at: number): string {
  return new Date(at * 1000).toLocaleString(language, { timeZone: zone, month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
}

export function clockTime(at: number): string {
  return new Date(at * 1000).toLocaleTimeString(language, { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false });
}

export function startClock(): void {
  setInterval(() => (beat.value += 1), 500);
}

export function length(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
