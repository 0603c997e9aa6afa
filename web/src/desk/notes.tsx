// What the agent writes down of a call: notes that save themselves, the code, a callback. What is typed is kept in the
// browser until the server has it, so neither a reload nor a change of state loses a word.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { Foreign } from "../lib/foreign";
import { get, Refused, send } from "../lib/http";
import { t } from "../lib/words";
import { hint } from "./keys";
import { picked } from "./store";
import type { Card } from "./types";

interface Code {
  id: string;
  name: string;
  group_name: string;
  needs_note: boolean;
  plans_callback: boolean;
  search: string;
}

/** One talk of the call, and what was noted of it. */
interface Talk {
  leg: string;
  agent_name: string;
  code: string;
  code_name: string;
  note: string;
  version: number;
  mine: boolean;
}

interface Stored {
  code: string;
  note: string;
  version: number;
}

interface Draft {
  code: string;
  note: string;
  version: number;
  dirty: boolean;
}

type Saved = "" | "saving" | "saved" | "waiting" | "conflict" | "refused";

const SAVE_MS = 800;
const drafts = signal<ReadonlyMap<string, Draft>>(new Map());
const saved = signal<ReadonlyMap<string, Saved>>(new Map());
const others = signal<ReadonlyMap<string, Talk[]>>(new Map());
const why = signal("");
const timers = new Map<string, number>();

const EMPTY: Draft = { code: "", note: "", version: 0, dirty: false };

function kept(call: string): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(`cti-note:${call}`) ?? "null");
  } catch {
    return null;
  }
}

function set(call: string, draft: Draft, state?: Saved, reason = ""): void {
  why.value = reason;
  drafts.value = new Map(drafts.value).set(call, draft);
  if (draft.dirty) sessionStorage.setItem(`cti-note:${call}`, JSON.stringify(draft));
  else sessionStorage.removeItem(`cti-note:${call}`);
  if (state !== undefined) saved.value = new Map(saved.value).set(call, state);
}

async function open(call: string): Promise<void> {
  try {
    const { talks } = await get<{ talks: Talk[] }>(`/desk/notes/${encodeURIComponent(call)}`);
    others.value = new Map(others.value).set(call, talks.filter((talk) => !talk.mine && (talk.note || talk.code)));
    const mine = talks.find((talk) => talk.mine);
    const typed = drafts.value.get(call) ?? kept(call);
    if (typed?.dirty) change(call, { version: Math.max(typed.version, mine?.version ?? 0) });
    else if (mine) set(call, { code: mine.code, note: mine.note, version: mine.version, dirty: false }, "");
  } catch {
    window.setTimeout(() => void open(call), 2000);
  }
}

function change(call: string, part: Partial<Draft>): void {
  const before = drafts.value.get(call) ?? kept(call) ?? EMPTY;
  set(call, { ...before, ...part, dirty: true }, "waiting");
  clearTimeout(timers.get(call));
  timers.set(call, window.setTimeout(() => void save(call), SAVE_MS));
}

async function save(call: string): Promise<void> {
  const draft = drafts.value.get(call);
  if (!draft?.dirty) return;
  set(call, draft, "saving");
  try {
    const { version } = await send<Stored>("PUT", `/desk/notes/${encodeURIComponent(call)}`, { code: draft.code, note: draft.note, version: draft.version });
    const now = drafts.value.get(call) ?? draft;
    const same = now.code === draft.code && now.note === draft.note;
    set(call, { ...now, version, dirty: !same }, same ? "saved" : "waiting");
  } catch (error) {
    const status = error instanceof Refused ? error.status : 0;
    const theirs = status === 409 && error instanceof Refused ? (error.body.now as Stored | null) : null;
    if (theirs) {
      // Another tab of the same agent wrote meanwhile: both texts are kept, one below the other.
      const note = draft.note.includes(theirs.note) ? draft.note : `${theirs.note}\n${draft.note}`;
      set(call, { ...draft, note, version: theirs.version }, "conflict");
    } else set(call, draft, status === 422 || status === 403 ? "refused" : "waiting", error instanceof Error ? error.message : "");
    // What is refused is refused again; what is written next may not be.
    if (status === 422 || status === 403) return;
    timers.set(call, window.setTimeout(() => void save(call), 2000));
  }
}

/** What is written of a call by now. */
export function noteOf(call: string): string {
  return drafts.peek().get(call)?.note ?? "";
}

export function Notes({ card }: { card: Card }) {
  const call = card.call;
  const draft = drafts.value.get(call) ?? EMPTY;
  useEffect(() => {
    void open(call);
  }, [call]);
  const state = saved.value.get(call) ?? "";
  return (
    <section class="card notes" aria-labelledby="notes-title" data-notes={call}>
      <header class="panel-head"><h2 id="notes-title">{t("desk.notes")}</h2><span class="quiet" id="saved" role="status" data-saved={state}>{state === "refused" ? why.value : state ? t(`desk.note_is.${state}`) : ""}</span></header>
      {(others.value.get(call) ?? []).map((talk) => (
        <p key={talk.leg} class="said"><Foreign class="strong" text={talk.agent_name} />{talk.code_name ? ` · ${talk.code_name}` : ""} <bdi>{talk.note}</bdi></p>
      ))}
      <label class="hidden" for="note">{t("desk.notes")}</label>
      <textarea id="note" rows={6} maxLength={20000} value={draft.note} placeholder={t("desk.note_here")} title={t("desk.notes") + hint("desk.notes")}
        onFocus={() => (picked.value = card.leg)} onInput={(event) => change(call, { note: event.currentTarget.value })} onBlur={() => void save(call)} />
      <Codes card={card} draft={draft} />
      <CallbackForm card={card} />
    </section>
  );
}

function Codes({ card, draft }: { card: Card; draft: Draft }) {
  const [codes, setCodes] = useState<Code[]>([]);
  const [asked, setAsked] = useState("");
  useEffect(() => {
    get<{ items: Code[] }>(`/desk/codes?queue=${encodeURIComponent(card.queue)}`).then(({ items }) => setCodes(items)).catch(() => undefined);
  }, [card.queue]);
  const found = codes.filter((code) => code.search.includes(asked.trim().toLowerCase()));
  if (!codes.length) return null;
  return (
    <fieldset class="codes"><legend>{t("desk.codes")}</legend>
      {codes.length > 8 ? <input type="search" aria-label={t("desk.search_codes")} placeholder={t("desk.search_codes")} value={asked} maxLength={64} onInput={(event) => setAsked(event.currentTarget.value)} /> : null}
      <div class="code-list">{found.slice(0, 24).map((code) => (
        <button key={code.id} type="button" class="small" data-code={code.id} aria-pressed={draft.code === code.id} onClick={() => change(card.call, { code: draft.code === code.id ? "" : code.id })}><Foreign text={code.name} /></button>
      ))}</div>
    </fieldset>
  );
}

function CallbackForm({ card }: { card: Card }) {
  const [said, setSaid] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<string, string>;
    try {
      await send("POST", "/desk/callback", { call: card.call, queue: card.queue, number: fields.number ?? "", at: fields.at ?? "", note: "", mine: fields.mine === "on" });
      setSaid(t("desk.callback_planned"));
    } catch (error) {
      setSaid(error instanceof Refused && error.message ? error.message : t("desk.failed"));
    }
  };
  return (
    <details class="callback"><summary>{t("desk.callback")}</summary>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <label>{t("desk.number")}<input name="number" required maxLength={32} defaultValue={card.number} inputMode="tel" /></label>
        <label>{t("desk.at")}<input name="at" type="datetime-local" required /></label>
        <label class="radio"><input name="mine" type="checkbox" defaultChecked /> <span>{t("desk.callback_mine")}</span></label>
        <button>{t("desk.plan_callback")}</button>
        {said ? <p role="status" class="quiet">{said}</p> : null}
      </form></details>
  );
}

