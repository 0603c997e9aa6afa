// Who the caller is and what went before, as the server finds it: asked once for each call, again when somebody chose,
// and again in a while for the parts that were late.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get, send } from "../lib/http";

export interface Match {
  id: number;
  kind: string;
  name: string;
  tier: number;
  stage: string;
  owner_name: string;
  account: string;
  last_contact: number | null;
}

export interface Noted {
  agent_name: string;
  code_name: string;
  note: string;
}

export interface Handed {
  at: number;
  kind: string;
  by_name: string;
  to: string;
  why: Noted | null;
}

export interface Before {
  call: string;
  at: number;
  direction: string;
  outcome: string;
  agent_name: string;
  queue_name: string;
  notes: Noted[];
}

export interface Context {
  found: "one" | "several" | "none";
  customer: number | null;
  matches: Match[];
  ticket: { id: number; number: string; subject: string } | null;
  transfers: Handed[];
  previous: Before[];
  callback: { planned: number; by: string; attempts: number; note: string } | null;
  prefill: { url: string };
  panels: Record<string, string>;
  late: string[];
}

const LIMIT_MS = 10_000;
const LATE_MS = 3_000;
const known = signal<ReadonlyMap<string, Context>>(new Map());
const asking = new Set<string>();

export function useCaller(call: string): Context | null {
  useEffect(() => {
    if (!known.value.has(call)) void learn(call);
  }, [call]);
  return known.value.get(call) ?? null;
}

async function learn(call: string): Promise<void> {
  if (asking.has(call)) return;
  asking.add(call);
  let late = true;
  try {
    const context = await get<Context>(`/desk/context/${encodeURIComponent(call)}`, LIMIT_MS);
    known.value = new Map(known.value).set(call, context);
    late = context.late.length > 0;
  } catch {
    // asked for again below
  }
  asking.delete(call);
  if (late) setTimeout(() => void learn(call), LATE_MS);
}

/** The caller is this customer. Raises `Refused`. */
export async function identify(call: string, customer: number): Promise<void> {
  await send("POST", "/desk/identify", { call, customer });
  await learn(call);
}
