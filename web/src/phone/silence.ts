// Browsers keep a page silent that nobody has touched yet: it cannot ring then, and the person is to know it.

import { signal } from "@preact/signals";

export const silenced = signal(false);
const JUDGED_MS = 500;
const TOUCHES = ["pointerdown", "keydown"] as const;

export function watchSilence(): void {
  const probe = new AudioContext();
  const touched = () => void probe.resume();
  const look = () => {
    silenced.value = probe.state === "suspended";
    if (silenced.value) return;
    probe.onstatechange = null;
    TOUCHES.forEach((name) => document.removeEventListener(name, touched));
    if (probe.state !== "closed") void probe.close();
  };
  TOUCHES.forEach((name) => document.addEventListener(name, touched));
  probe.onstatechange = look;
  // One that may play is begun a moment later.
  window.setTimeout(look, JUDGED_MS);
}
