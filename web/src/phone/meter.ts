import { signal } from "@preact/signals";

const EVERY_MS = 120;

/** How loud a stream is, 0 to 1, until `stop`. */
export class Meter {
  readonly level = signal(0);
  private timer = 0;
  private context: AudioContext | null = null;

  start(stream: MediaStream): void {
    this.stop();
    const context = (this.context = new AudioContext());
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, each) => sum + each * each, 0) / samples.length;
      // -60 dBFS is silence, -10 is as loud as people speak.
      this.level.value = Math.max(0, Math.min(1, (10 * Math.log10(power + 1e-9) + 60) / 50));
    }, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    void this.context?.close();
    this.context = null;
    this.level.value = 0;
  }
}
