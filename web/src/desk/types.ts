// What the server says on /desk/socket (cti_server/desk/feed.py, pop.py).

export interface Word {
  group: string;
  word: string;
}

/** `ended`: of a call that is wrapped up alone. */
export type Phase = "ringing" | "dialling" | "talking" | "on_hold" | "ended";

export interface Card {
  call: string;
  leg: string;
  phase: Phase;
  since: number;
  direction: string;
  number: string;
  name: string;
  dnis: string;
  campaign: string;
  language: string;
  queue: string;
  queue_name: string;
  queued: number | null;
  reached: number | null;
  path: Word[][];
  inputs: Word[][];
  digits: string;
  callback: boolean;
  /** Placed from this desk: one's own phone rings first. */
  own: boolean;
  transferred_by: string;
  /** What can be done with it at this moment, by the words of POST /desk/call. */
  can: string[];
  /** The person that is asked while the other party is held. */
  consult: { name: string; number: string; phase: Phase; since: number } | null;
  members: string[];
  recording_paused: boolean;
  muted: boolean;
}

export interface Device {
  id: string;
  number: string;
  reachable: boolean;
  chosen: boolean;
}

export interface Line {
  id: string;
  name: string;
  open: boolean;
  waiting: number;
  oldest: number | null;
  sl_threshold_s: number;
}

export interface Desk {
  agent: string;
  name: string;
  status: string;
  intent: string;
  code: string;
  since: number;
  extension: string;
  wrapup_until: number | null;
  extend_s: number;
  rest_until: number | null;
  last_call: string;
  devices: Device[];
  cards: Card[];
}

export type Message =
  | { type: "snapshot"; now: number; desk: Desk | null; lines: Line[]; pop: Card[] }
  | { type: "desk"; now: number; desk: Desk }
  | { type: "line"; now: number; line: Line }
  | { type: "pop"; now: number; pop: Card }
  | { type: "resync"; now?: undefined };
