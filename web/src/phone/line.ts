// The connection of the page's phone with /sip, for JsSIP; it is cut when the server is no longer heard.

import { WebSocketInterface } from "jssip";

import { Pulse } from "../lib/pulse";

/** What its types lack. */
interface Inside {
  _ws: WebSocket | null;
  connect(): void;
  disconnect(): void;
  ondisconnect(error: boolean, code: number, reason: string): void;
}

const SILENT = 4000;

export function lineTo(address: string): WebSocketInterface {
  const line = new WebSocketInterface(address);
  const inside = line as unknown as Inside;
  const [connect, disconnect] = [inside.connect.bind(line), inside.disconnect.bind(line)];
  const pulse = new Pulse(() => {
    disconnect();
    inside.ondisconnect(true, SILENT, "the server is not heard any more");
  });
  inside.connect = () => {
    connect();
    pulse.heard();
    inside._ws?.addEventListener("message", () => pulse.heard());
    inside._ws?.addEventListener("close", () => pulse.stop());
  };
  inside.disconnect = () => {
    pulse.stop();
    disconnect();
  };
  return line;
}
