// The browser phone as the desk sees it. Holding, transferring and hanging up go through the server; what is here is
// what only the browser can do: be reached, answer, be silent, send keys, and choose what one speaks and hears with.

import type { ReadonlySignal } from "@preact/signals";

/** `elsewhere`: another tab or browser of this agent has the phone. `refused`: it may not be used, `why` says it. */
export type Registration = "off" | "connecting" | "registered" | "lost" | "elsewhere" | "refused";

export type Sound = "idle" | "ringing" | "answering" | "talking";

export interface Quality {
  /** Mean opinion score, 1 (bad) to 4.5 (as good as a line gets), from the E-model. */
  mos: number;
  loss: number;
  jitter_ms: number;
  rtt_ms: number;
}

export interface Phone {
  readonly registration: ReadonlySignal<Registration>;
  readonly why: ReadonlySignal<string>;
  readonly sound: ReadonlySignal<Sound>;
  readonly muted: ReadonlySignal<boolean>;
  readonly quality: ReadonlySignal<Quality | null>;
  /** How loud one speaks, 0 to 1. */
  readonly level: ReadonlySignal<number>;
  /** `take`: also when another tab or browser has it. */
  start(take?: boolean): Promise<void>;
  stop(): void;
  answer(): Promise<void>;
  decline(): void;
  mute(on: boolean): void;
  /** One key: 0-9, *, #. */
  dtmf(key: string): void;
  /** Microphone and loudspeaker were chosen anew. */
  devicesChanged(): Promise<void>;
}
