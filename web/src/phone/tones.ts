// Sounds that the page makes: the ringing, and a tone to try a loudspeaker with.

import { play, type Use } from "./devices";

const RING_HZ = [440, 480];
const RING_S = { on: 1.2, every: 3 };
const LOUD = 0.2;
const RAMP_S = 0.03;

class Tone {
  private context: AudioContext | null = null;
  private element = new Audio();

  constructor(
    private readonly use: Use,
    private readonly hz: number[],
  ) {}

  /** `every_s`: again and again, by the clock of the sound: the timers of a page in the background are slow. */
  start(on_s: number, every_s = 0): void {
    this.stop();
    const context = (this.context = new AudioContext());
    const out = context.createMediaStreamDestination();
    this.element.srcObject = out.stream;
    void play(this.element, this.use);
    const source = new AudioBufferSourceNode(context, { buffer: this.buffer(context, on_s, every_s), loop: every_s > 0 });
    source.onended = () => context === this.context && this.stop();
    source.connect(out);
    source.start();
  }

  stop(): void {
    this.element.pause();
    this.element.srcObject = null;
    void this.context?.close();
    this.context = null;
  }

  private buffer(context: AudioContext, on_s: number, every_s: number): AudioBuffer {
    const rate = context.sampleRate;
    const made = context.createBuffer(1, Math.round(rate * (every_s || on_s)), rate);
    const samples = made.getChannelData(0);
    for (let n = 0; n < on_s * rate && n < samples.length; n += 1) {
      const at = n / rate;
      const gain = LOUD * Math.max(0, Math.min(1, at / RAMP_S, (on_s - at) / RAMP_S));
      samples[n] = gain * this.hz.reduce((sum, hz) => sum + Math.sin(2 * Math.PI * hz * at), 0);
    }
    return made;
  }
}

const ring = new Tone("ringer", RING_HZ);

export function startRinging(): void {
  ring.start(RING_S.on, RING_S.every);
}

export function stopRinging(): void {
  ring.stop();
}

export function testTone(use: Use): void {
  new Tone(use, [523]).start(1);
}
