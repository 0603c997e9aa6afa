// Sounds that the page makes: the ringing, and a tone to try a loudspeaker with.

import { play, type Use } from "./devices";

const RING_HZ = [440, 480];
const RING_S = { on: 1.2, every: 3 };

class Tone {
  private context: AudioContext | null = null;
  private element = new Audio();
  private timer = 0;

  constructor(
    private readonly use: Use,
    private readonly hz: number[],
  ) {}

  start(on_s: number, every_s = 0): void {
    this.stop();
    const context = (this.context = new AudioContext());
    const out = context.createMediaStreamDestination();
    this.element.srcObject = out.stream;
    void play(this.element, this.use);
    const once = () => {
      const gain = context.createGain();
      gain.connect(out);
      gain.gain.setValueAtTime(0, context.currentTime);
      gain.gain.linearRampToValueAtTime(0.2, context.currentTime + 0.03);
      gain.gain.setValueAtTime(0.2, context.currentTime + on_s - 0.05);
      gain.gain.linearRampToValueAtTime(0, context.currentTime + on_s);
      for (const hz of this.hz) {
        const wave = context.createOscillator();
        wave.frequency.value = hz;
        wave.connect(gain);
        wave.start();
        wave.stop(context.currentTime + on_s);
      }
    };
    once();
    this.timer = window.setInterval(every_s ? once : () => this.stop(), (every_s || on_s + 0.2) * 1000);
  }

  stop(): void {
    clearInterval(this.timer);
    this.element.pause();
    this.element.srcObject = null;
    void this.context?.close();
    this.context = null;
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
