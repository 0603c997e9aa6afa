// The bar of the call that is talked: it stays in sight whatever is looked at.

import { Foreign } from "../lib/foreign";
import { Ticking } from "../lib/ticking";
import { say, t } from "../lib/words";
import { act, can, isMuted, mute } from "./acts";
import { caller } from "./cards";
import { dialog, hint } from "./keys";
import { phone } from "./phone";
import { active } from "./store";
import type { Card } from "./types";

export function Controls() {
  const card = active.value;
  if (!card) return null;
  const held = card.phase === "on_hold";
  const asks = Boolean(card.consult);
  return (
    <footer class="desk-controls" data-phase={card.phase} aria-label={t("desk.call_controls")}>
      {card.recording_paused ? <p class="recording-paused" role="status">{t("desk.recording_is_paused")}</p> : null}
      <p class="now"><span class="badge" data-word={card.phase}>{say("phase", card.phase)}</span> <Foreign class="strong cut" text={caller(card)} /> <Ticking class="figure" since={card.since} />
        {phone.sound.value === "talking" ? <meter class="voice" min={0} max={1} value={phone.level.value} aria-label={t("desk.voice")} /> : null}</p>
      <div class="buttons">
        {asks ? (
          <>
            <Button card={card} what="complete" text="desk.complete" primary />
            <Button card={card} what="conference" text="desk.conference" />
            <Button card={card} what="cancel" text="desk.back_to_customer" />
          </>
        ) : (
          <>
            <button type="button" data-act="mute" aria-pressed={isMuted(card)} disabled={phone.sound.value !== "talking" && !can(card, "mute")} title={t("desk.mute") + hint("desk.mute")} onClick={() => mute(card, !isMuted(card))}>{t(isMuted(card) ? "desk.unmute" : "desk.mute")}</button>
            <button type="button" data-act={held ? "resume" : "hold"} aria-pressed={held} disabled={!can(card, held ? "resume" : "hold")} title={t("desk.hold") + hint("desk.hold")} onClick={() => void act(held ? "resume" : "hold", card)}>{t(held ? "desk.resume_call" : "desk.hold")}</button>
            <button type="button" data-act="keypad" title={t("desk.keypad") + hint("desk.keypad")} onClick={() => (dialog.value = "keypad")}>{t("desk.keypad")}</button>
            <button type="button" data-act="transfer" disabled={!can(card, "transfer") && !can(card, "consult")} title={t("desk.transfer") + hint("desk.transfer")} onClick={() => (dialog.value = "transfer")}>{t("desk.transfer")}</button>
            {can(card, "pause_recording") || can(card, "resume_recording") ? (
              <Button card={card} what={card.recording_paused ? "resume_recording" : "pause_recording"} text={card.recording_paused ? "desk.resume_recording" : "desk.pause_recording"} />
            ) : null}
          </>
        )}
        <button type="button" class="refuse" data-act="hang_up" title={t("desk.hang_up") + hint("desk.hang_up")} onClick={() => void act("hang_up", card)}>{t("desk.hang_up")}</button>
      </div>
    </footer>
  );
}

function Button({ card, what, text, primary }: { card: Card; what: string; text: string; primary?: boolean }) {
  return <button type="button" class={primary ? "primary" : ""} data-act={what} disabled={!can(card, what)} title={t(text) + hint(text)} onClick={() => void act(what, card)}>{t(text)}</button>;
}
