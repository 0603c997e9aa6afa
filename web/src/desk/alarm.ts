// What rings is told outside the page too: in the title, and by the system when the page is not looked at.

import { effect } from "@preact/signals";

import { t } from "../lib/words";
import { caller } from "./cards";
import { ringing } from "./store";

export function watchRinging(): void {
  const title = document.title;
  let told = "";
  let shown: Notification | null = null;
  effect(() => {
    const card = ringing.value;
    document.title = card ? `${t("phase.ringing")}: ${caller(card)}` : title;
    if (card?.leg === told) return;
    shown?.close();
    told = card?.leg ?? "";
    if (card && document.hidden && "Notification" in window && Notification.permission === "granted") {
      shown = new Notification(caller(card), { body: [t("phase.ringing"), card.queue_name].filter(Boolean).join(" · "), tag: card.leg, requireInteraction: true });
      shown.onclick = () => window.focus();
    }
  });
}
