// To whom a call can go, and who is free: for a transfer, a consultation, or a call of one's own.

import { useEffect, useState } from "preact/hooks";

import { Foreign } from "../lib/foreign";
import { get, send } from "../lib/http";
import { Ticking } from "../lib/ticking";
import { say, t } from "../lib/words";
import { act, can } from "./acts";
import { dialog } from "./keys";
import { Modal } from "./modal";
import { active } from "./store";

interface Entry {
  kind: string;
  id: string;
  name: string;
  to: string;
  status?: string;
  since?: number | null;
  site?: string;
  waiting?: number;
  free?: number;
  favourite: boolean;
}

const AGAIN_MS = 3000;
const TYPED_MS = 150;
const NUMBER = /^\+?[0-9*#][0-9*# ()-]{1,24}$/;

export function Directory({ purpose }: { purpose: "transfer" | "call" }) {
  const [asked, setAsked] = useState("");
  const [found, setFound] = useState<Entry[]>([]);
  const [version, setVersion] = useState(0);
  const card = active.value ?? null;
  useEffect(() => {
    let over = false;
    let timer = 0;
    const look = async () => {
      try {
        const { items } = await get<{ items: Entry[] }>(`/desk/directory?q=${encodeURIComponent(asked)}`);
        if (!over) setFound(items);
      } catch {
        // the list stays as it is, and is asked for again
      }
      if (!over) timer = window.setTimeout(() => void look(), AGAIN_MS);
    };
    timer = window.setTimeout(() => void look(), asked ? TYPED_MS : 0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [asked, version]);
  const go = async (what: string, to: string) => {
    dialog.value = "";
    await act(what, what === "dial" ? null : card, { to });
  };
  const favour = async (entry: Entry) => {
    await send(entry.favourite ? "DELETE" : "PUT", "/desk/favourites", { kind: entry.kind, id: entry.id }).catch(() => undefined);
    setVersion(version + 1);
  };
  const choices = (to: string) =>
    purpose === "call" ? (
      <button type="button" class="small primary" data-act="dial" onClick={() => void go("dial", to)}>{t("desk.call")}</button>
    ) : (
      <>
        {can(card, "consult") ? <button type="button" class="small primary" data-act="consult" onClick={() => void go("consult", to)}>{t("desk.consult")}</button> : null}
        {can(card, "transfer") ? <button type="button" class="small" data-act="blind" onClick={() => void go("transfer", to)}>{t("desk.send_on")}</button> : null}
      </>
    );
  const digits = NUMBER.test(asked.trim()) ? asked.replace(/[ ()-]/g, "") : "";
  return (
    <Modal title={t(purpose === "call" ? "desk.call_somebody" : "desk.transfer")} wide>
      <label>{t("desk.search_directory")}<input id="directory" type="search" autocomplete="off" autofocus value={asked} maxLength={64} onInput={(event) => setAsked(event.currentTarget.value)} /></label>
      <ul class="directory">
        {digits ? <li data-number><span class="who"><span class="number strong">{digits}</span><span class="quiet">{t("desk.this_number")}</span></span><span class="buttons">{choices(digits)}</span></li> : null}
        {found.map((entry) => (
          <li key={`${entry.kind}:${entry.id}`} data-kind={entry.kind} data-id={entry.id}>
            <button type="button" class="star small" aria-pressed={entry.favourite} aria-label={t("desk.favourite")} onClick={() => void favour(entry)}>{entry.favourite ? "★" : "☆"}</button>
            <span class="who"><Foreign class="strong" text={entry.name} /><span class="quiet">{[t(`desk.kind.${entry.kind}`), entry.to, entry.site].filter(Boolean).join(" · ")}</span></span>
            {entry.status ? <span class="badge" data-word={entry.status}>{say("status", entry.status)} {entry.since ? <Ticking class="num" since={entry.since} /> : null}</span> : null}
            {entry.waiting !== undefined && entry.kind === "queue" ? <span class="num quiet">{t("desk.queue_now", { waiting: entry.waiting, free: entry.free ?? 0 })}</span> : null}
            <span class="buttons">{choices(entry.to)}</span>
          </li>
        ))}
      </ul>
      {!found.length && !digits ? <p class="empty">{t("desk.nobody_found")}</p> : null}
    </Modal>
  );
}
