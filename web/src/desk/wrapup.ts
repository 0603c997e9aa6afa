// The call that is wrapped up stays in sight, also in a page that was loaded after it had ended: its code and its notes
// are still to be written.

import { effect } from "@preact/signals";

import { get } from "../lib/http";
import { desk, wrapping } from "./store";
import type { Card } from "./types";

const AGAIN_MS = 700;
const TRIES = 8;

export function keepWrapUp(): void {
  // Once for each wrap-up: what was put away stays away.
  let known = 0;
  effect(() => {
    const one = desk.value;
    if (one?.status !== "wrap_up" || known === one.since) return;
    known = one.since;
    if (!wrapping.value) void fetchCard(one.since, TRIES);
  });
}

/** The call may not have been recorded yet. */
async function fetchCard(since: number, tries: number): Promise<void> {
  const card = await get<Partial<Card>>("/desk/wrapping").catch(() => null);
  const one = desk.value;
  if (one?.status !== "wrap_up" || one.since !== since || wrapping.value) return;
  if (card?.leg) wrapping.value = card as Card;
  else if (tries > 1) window.setTimeout(() => void fetchCard(since, tries - 1), AGAIN_MS);
}
