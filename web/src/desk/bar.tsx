// The top of the desk: one's state and since when, the queues, whether the line to the server and the phone are good.

import { useRef } from "preact/hooks";

import { beat, length, now } from "../lib/clock";
import { Foreign } from "../lib/foreign";
import { Ticking } from "../lib/ticking";
import { say, t } from "../lib/words";
import { intend } from "./acts";
import { dialog, hint } from "./keys";
import { silenced } from "../phone/silence";
import { phone } from "./phone";
import { isBrowserPhone, pauses } from "./page";
import { desk, lines, link, trouble } from "./store";
import type { Line } from "./types";

export function Bar() {
  return (
    <header class="desk-bar">
      <State />
      <Queues />
      <div class="desk-tools">
        <PhoneStatus />
        <p class="link" id="link" role="status" data-link={link.value}>{t(`floor.link.${link.value}`)}</p>
        <button type="button" class="small" onClick={() => (dialog.value = "call")} title={t("desk.call_somebody") + hint("desk.call_somebody")}>{t("desk.call_somebody")}</button>
        <button type="button" class="small" onClick={() => (dialog.value = "day")} title={t("desk.my_day") + hint("desk.my_day")}>{t("desk.my_day")}</button>
        <button type="button" class="small" id="sound-settings" onClick={() => (dialog.value = "sound")}>{t("desk.phone_and_sound")}</button>
        <button type="button" class="small" onClick={() => (dialog.value = "keys")} aria-label={t("desk.keys")} title={`${t("desk.keys")} (?)`}>?</button>
      </div>
      <Hint />
      {trouble.value ? <p class="alert" id="failed" role="alert">{trouble.value}</p> : null}
    </header>
  );
}

function State() {
  const menu = useRef<HTMLDetailsElement>(null);
  const one = desk.value;
  if (!one) return <p class="state-now"><span class="badge big" id="status" role="status">–</span></p>;
  const wanted = (what: string, code = "") => {
    if (menu.current) menu.current.open = false;
    void intend(what, code ? { code } : {});
  };
  const code = one.status === "paused" && one.code ? ` · ${say("pause", one.code)}` : "";
  const until = one.status === "wrap_up" ? one.wrapup_until : one.status === "resting" ? one.rest_until : null;
  return (
    <div class="state-now">
      <details class="menu state-menu" ref={menu}>
        <summary id="state-menu" title={t("desk.state") + hint("desk.state")}>
          <span class="badge big" id="status" role="status" data-word={one.status}>{say("status", one.status) + code}</span>
          <Ticking class="figure" id="timer" since={one.since} until={until} />
          <span aria-hidden="true">▾</span>
        </summary>
        <div class="sheet state-sheet">
          {one.intent === "logged_out" ? <button type="button" data-do="log_in" onClick={() => wanted("log_in")}>{t("desk.log_in")}</button> : null}
          {one.intent === "paused" ? <button type="button" class="primary" data-do="resume" onClick={() => wanted("resume")}>{t("desk.resume")}</button> : null}
          {one.intent !== "logged_out" ? (
            <>
              <p class="quiet">{t("desk.pause_for")}</p>
              {pauses.value.map((each) => (
                <button type="button" data-do="pause" data-code={each} aria-pressed={one.intent === "paused" && one.code === each} onClick={() => wanted("pause", each)}>{say("pause", each)}</button>
              ))}
              <button type="button" data-do="log_out" onClick={() => wanted("log_out")}>{t("desk.log_out")}</button>
            </>
          ) : null}
        </div>
      </details>
      {one.intent === "logged_out" ? <button type="button" class="primary" data-do="log_in" onClick={() => wanted("log_in")}>{t("desk.log_in")}</button> : null}
      {one.intent === "paused" ? <button type="button" class="primary" data-do="resume" onClick={() => wanted("resume")}>{t("desk.resume")}</button> : null}
      {one.status === "wrap_up" ? <button type="button" class="primary" data-do="end_wrap_up" onClick={() => wanted("end_wrap_up")}>{t("desk.end_wrap_up")}</button> : null}
      {one.status === "wrap_up" && one.extend_s > 0 ? (
        <button type="button" data-do="extend_wrap_up" id="extend" onClick={() => wanted("extend_wrap_up")}>{t("desk.extend", { length: length(one.extend_s) })}</button>
      ) : null}
    </div>
  );
}

function Queues() {
  const shown = [...lines.value.values()];
  return (
    <ul class="chips" id="lines" aria-label={t("desk.my_queues")}>
      {shown.map((line) => <Chip key={line.id} line={line} />)}
    </ul>
  );
}

function Chip({ line }: { line: Line }) {
  beat.value;
  const late = line.oldest !== null && now() - line.oldest > line.sl_threshold_s;
  return (
    <li class={late ? "chip late" : "chip"} data-queue={line.id}>
      <Foreign class="strong cut" text={line.name} />
      {line.open ? null : <span class="mark" data-mark="closed">{t("desk.closed")}</span>}
      <span class="num strong" title={t("desk.waiting")}><span class="word">{t("desk.waiting")} </span>{line.waiting}</span>
      {line.oldest === null ? null : <><span class="quiet word">{t("desk.longest")}</span><Ticking class="num oldest" since={line.oldest} /></>}
    </li>
  );
}

/** Registered is what the PBX says; what the browser believes is shown only while the PBX says nothing else. */
function PhoneStatus() {
  const device = desk.value?.devices.find(isBrowserPhone);
  if (!device) return null;
  const registration = phone.registration.value;
  const word = registration === "registered" ? (device.reachable ? "registered" : "connecting") : registration;
  const quality = phone.quality.value;
  return (
    <p class="link" id="phone-status" role="status" data-link={word === "registered" ? "connected" : word === "connecting" ? "connecting" : "lost"} data-phone={word}>
      {t(`desk.phone_is.${word}`)}
      {quality ? <span class="quality num" title={t("desk.quality_is", { loss: (quality.loss * 100).toFixed(1), jitter: Math.round(quality.jitter_ms), rtt: Math.round(quality.rtt_ms) })} data-good={quality.mos >= 3.6}>{`MOS ${quality.mos.toFixed(1)}`}</span> : null}
      {word === "elsewhere" || word === "refused" ? <button type="button" class="small" onClick={() => void phone.start(true)}>{t("desk.take_phone")}</button> : null}
    </p>
  );
}

/** What the state means for the agent, where that is not plain. */
function Hint() {
  const one = desk.value;
  const why = phone.why.value;
  const word = !one ? "" : one.status === "paused" ? (one.code === "rona" ? "rona" : "") : ["resting", "unreachable"].includes(one.status) ? one.status : "";
  const said = word ? t(`desk.hint.${word}`) : why ? t("desk.no_microphone", { why }) : silenced.value ? t("desk.hint.silenced") : "";
  return said ? <p class="hint" id="hint" role="status">{said}</p> : null;
}
