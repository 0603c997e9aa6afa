// One WebSocket that comes back by itself. The first message is always a snapshot; after `resync` another one follows.

import { Pulse } from "./pulse";

export type Link = "connecting" | "connected" | "lost";
const SIGNED_OUT = 4401;
const LONGEST_MS = 10_000;

export function connect(path: string, onMessage: (message: any) => void, onLink: (link: Link) => void): void {
  let failures = 0;
  let socket: WebSocket;
  let timer = 0;
  const open = () => {
    clearTimeout(timer);
    onLink("connecting");
    const mine = (socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws"))));
    let over = false;
    const end = () => {
      if (over || mine !== socket) return;
      over = true;
      pulse.stop();
      mine.close();
      onLink("lost");
      failures += 1;
      timer = window.setTimeout(open, Math.min(LONGEST_MS, 250 * 2 ** failures) * (0.5 + Math.random() / 2));
    };
    const pulse = new Pulse(end);
    pulse.heard();
    mine.addEventListener("message", (event) => {
      if (over || mine !== socket) return;
      pulse.heard();
      failures = 0;
      onLink("connected");
      const message = JSON.parse(event.data);
      if (message.type !== "beat") onMessage(message);
    });
    mine.addEventListener("close", (event) => {
      if (mine === socket && event.code === SIGNED_OUT) return location.assign("/login");
      end();
    });
  };
  open();
  // The network came back, or the lid of the laptop was opened: do not wait for the next try.
  window.addEventListener("online", () => socket.readyState > WebSocket.OPEN && open());
  document.addEventListener("visibilitychange", () => !document.hidden && socket.readyState > WebSocket.OPEN && open());
}
