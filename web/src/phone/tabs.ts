// One tab of a browser owns the phone. The others mirror what it shows, and send their buttons to it.

import { signal } from "@preact/signals";

import { watchSilence } from "./silence";
import type { Phone, Quality, Registration, Sound } from "./phone";

const NAME = "cti-phone";

interface Mirror {
  registration: Registration;
  why: string;
  sound: Sound;
  muted: boolean;
  quality: Quality | null;
}

type Said = { mirror: Mirror } | { ask: true } | { press: "answer" | "decline" | "mute" | "dtmf"; key?: string; on?: boolean };

/** `make` is called when this tab becomes the owner. */
export class SharedPhone implements Phone {
  readonly registration = signal<Registration>("off");
  readonly why = signal("");
  readonly sound = signal<Sound>("idle");
  readonly muted = signal(false);
  readonly quality = signal<Quality | null>(null);
  readonly level = signal(0);
  /** Whether this tab is the one that speaks. */
  readonly owner = signal(false);
  private own: Phone | null = null;
  private leave: (() => void) | null = null;
  private readonly channel = new BroadcastChannel(NAME);

  constructor(private readonly make: () => Phone) {
    this.channel.addEventListener("message", (event: MessageEvent<Said>) => this.hear(event.data));
  }

  async start(take = false): Promise<void> {
    if (this.own) return this.own.start(take);
    this.channel.postMessage({ ask: true } satisfies Said);
    // Stolen by another tab: the promise of the lock is broken, and this tab mirrors from then on.
    const held = navigator.locks.request(NAME, take ? { steal: true } : {}, () => this.possess(take));
    held.catch(() => this.dispossess());
  }

  private possess(take: boolean): Promise<void> {
    this.owner.value = true;
    const own = (this.own = this.make());
    const stops = [own.registration, own.why, own.sound, own.muted, own.quality].map((each) => each.subscribe(() => this.tell()));
    stops.push(own.level.subscribe((level) => (this.level.value = level)));
    watchSilence();
    void own.start(take);
    return new Promise<void>((done) => {
      this.leave = () => {
        stops.forEach((stop) => stop());
        done();
      };
    });
  }

  private dispossess(): void {
    this.leave?.();
    this.own?.stop();
    this.own = this.leave = null;
    this.owner.value = false;
    this.registration.value = "elsewhere";
    void this.start();
  }

  stop(): void {
    this.own?.stop();
  }

  private tell(): void {
    if (!this.own) return;
    const { registration, why, sound, muted, quality } = this.own;
    const mirror = { registration: registration.value, why: why.value, sound: sound.value, muted: muted.value, quality: quality.value };
    this.show(mirror);
    this.channel.postMessage({ mirror } satisfies Said);
  }

  private show(mirror: Mirror): void {
    this.registration.value = mirror.registration;
    this.why.value = mirror.why;
    this.sound.value = mirror.sound;
    this.muted.value = mirror.muted;
    this.quality.value = mirror.quality;
  }

  private hear(said: Said): void {
    if ("mirror" in said) {
      if (!this.own) this.show(said.mirror);
    } else if (!this.own) return;
    else if ("ask" in said) this.tell();
    else if (said.press === "answer") void this.own.answer();
    else if (said.press === "decline") this.own.decline();
    else if (said.press === "mute") this.own.mute(Boolean(said.on));
    else this.own.dtmf(said.key ?? "");
  }

  async answer(): Promise<void> {
    if (this.own) await this.own.answer();
    else this.channel.postMessage({ press: "answer" } satisfies Said);
  }

  decline(): void {
    if (this.own) this.own.decline();
    else this.channel.postMessage({ press: "decline" } satisfies Said);
  }

  mute(on: boolean): void {
    if (this.own) this.own.mute(on);
    else this.channel.postMessage({ press: "mute", on } satisfies Said);
  }

  dtmf(key: string): void {
    if (this.own) this.own.dtmf(key);
    else this.channel.postMessage({ press: "dtmf", key } satisfies Said);
  }

  async devicesChanged(): Promise<void> {
    await this.own?.devicesChanged();
  }
}
