// The player of recordings: two channels drawn from the server's peaks, each with a volume of its own.
// Space plays and pauses, the arrows go 5 s back and on; they act on the player that was used last.
// A page may leave `<div data-recordings-of="/recordings/of/<call>">`: the players of that call are put there.

import { length } from "./time.js";

const STEP_S = 5;
const TYPING = "input:not([type=range]):not([type=checkbox]), select, textarea, [contenteditable]";
const players = [];
let current = null;

class Player {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.canvas = root.querySelector("canvas");
    this.clock = root.querySelector("[data-clock]");
    this.toggleButton = root.querySelector('[data-do="toggle"]');
    this.seconds = Number(root.dataset.seconds);
    this.muted = JSON.parse(root.dataset.muted || "[]");
    this.peaks = null;
    this.levels = [1, 1];
    this.heard = [true, true];
    this.gains = null;
    this.audio.controls = false;
    this.audio.hidden = true;
    root.querySelector(".player-bar").hidden = false;
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.show();
    this.load();
  }

  async load() {
    try {
      const response = await fetch(this.root.dataset.peaks);
      if (response.ok) this.peaks = await response.json();
    } catch {
      // without peaks the player still plays; the canvas stays a plain bar
    }
    this.root.dataset.ready = this.peaks ? "peaks" : "bare";
    this.draw();
  }

  listen() {
    const { audio, canvas, root } = this;
    for (const name of ["play", "pause", "timeupdate", "seeked", "ended"]) audio.addEventListener(name, () => this.show());
    canvas.addEventListener("pointerdown", (event) => {
      const box = canvas.getBoundingClientRect();
      this.seek(((event.clientX - box.left) / box.width) * this.seconds);
      canvas.focus();
    });
    canvas.addEventListener("keydown", (event) => {
      const target = { Home: 0, End: this.seconds }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      this.seek(target);
    });
    root.addEventListener("pointerdown", () => { current = this; }, true);
    root.addEventListener("focusin", () => { current = this; });
    root.querySelector('[data-do="back"]').addEventListener("click", () => this.seek(audio.currentTime - STEP_S));
    root.querySelector('[data-do="on"]').addEventListener("click", () => this.seek(audio.currentTime + STEP_S));
    this.toggleButton.addEventListener("click", () => this.toggle());
    root.querySelector('[data-do="speed"]').addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });
    root.addEventListener("input", ({ target }) => {
      const side = Number(target.dataset.side);
      if (target.dataset.do === "volume") this.levels[side] = Number(target.value);
      else if (target.dataset.do === "mute") this.heard[side] = target.checked;
      else return;
      this.mix();
      this.draw();
    });
  }

  // The graph can be made only after a gesture, and once for each <audio>.
  graph() {
    if (this.gains) return;
    this.context = new AudioContext();
    const split = this.context.createChannelSplitter(2);
    const merge = this.context.createChannelMerger(2);
    this.gains = [0, 1].map((side) => {
      const gain = this.context.createGain();
      split.connect(gain, side);
      gain.connect(merge, 0, side);
      return gain;
    });
    this.context.createMediaElementSource(this.audio).connect(split);
    merge.connect(this.context.destination);
    this.mix();
  }

  mix() {
    this.gains?.forEach((gain, side) => { gain.gain.value = this.heard[side] ? this.levels[side] : 0; });
  }

  async toggle() {
    current = this;
    if (!this.audio.paused) {
      this.audio.pause();
      return;
    }
    for (const other of players) if (other !== this) other.audio.pause();
    this.graph();
    await this.context.resume();
    await this.audio.play();
  }

  seek(seconds) {
    const to = Math.min(Math.max(0, seconds), this.seconds);
    if (this.audio.readyState === 0) this.audio.preload = "metadata";
    this.audio.currentTime = to;
    this.show(to);
  }

  show(at = this.audio.currentTime) {
    const text = `${length(at)} / ${length(Math.round(this.seconds))}`;
    this.clock.textContent = text;
    this.canvas.setAttribute("aria-valuenow", at.toFixed(1));
    this.canvas.setAttribute("aria-valuetext", text);
    this.toggleButton.textContent = this.audio.paused ? this.root.dataset.play : this.root.dataset.pause;
    this.draw(at);
  }

  draw(at = this.audio.currentTime) {
    const { canvas } = this;
    const scale = devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * scale);
    const height = Math.round(canvas.clientHeight * scale);
    if (!width) return;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const brush = canvas.getContext("2d");
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(name).trim();
    brush.clearRect(0, 0, width, height);
    brush.fillStyle = colour("--line");
    for (const [from, to] of this.muted) brush.fillRect((from / this.seconds) * width, 0, ((to - from) / this.seconds) * width, height);
    const played = (at / this.seconds) * width;
    ["agent", "caller"].forEach((side, row) => {
      const peaks = this.peaks?.[side] ?? [];
      const most = Math.max(32, ...peaks);
      const middle = (height / 4) * (2 * row + 1);
      const bars = Math.min(peaks.length, Math.floor(width / (2 * scale)));
      brush.fillStyle = colour(`--${side}`);
      for (let n = 0; n < bars; n += 1) {
        const first = Math.floor((n / bars) * peaks.length);
        const last = Math.max(first + 1, Math.floor(((n + 1) / bars) * peaks.length));
        const half = Math.max(scale / 2, (Math.max(...peaks.slice(first, last)) / most) * (height / 4 - 3 * scale));
        const x = (n / bars) * width;
        brush.globalAlpha = (this.heard[row] ? 1 : 0.25) * (x < played ? 1 : 0.45);
        brush.fillRect(x, middle - half, Math.max(1, 1.4 * scale), 2 * half);
      }
    });
    brush.globalAlpha = 1;
    brush.fillStyle = colour("--ink");
    brush.fillRect(Math.min(played, width - 2 * scale), 0, 2 * scale, height);
  }
}

function adopt(within) {
  for (const root of within.querySelectorAll(".player[data-peaks]:not([data-adopted])")) {
    root.dataset.adopted = "";
    players.push(new Player(root));
  }
}

async function fill(place) {
  try {
    const response = await fetch(place.dataset.recordingsOf);
    if (!response.ok || response.redirected) return;
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
    place.replaceChildren(...parsed.head.children, ...parsed.body.children);
    adopt(place);
  } catch {
    // the place keeps the link that it came with
  }
}

document.addEventListener("keydown", (event) => {
  const player = current ?? players[0];
  const target = event.target;
  if (!player || event.ctrlKey || event.altKey || event.metaKey || target.closest(TYPING)) return;
  const range = target.matches("input[type=range]");
  if (event.key === " " && !target.closest("button, a, summary, input[type=checkbox]")) player.toggle();
  else if (event.key === "ArrowLeft" && !range) player.seek(player.audio.currentTime - STEP_S);
  else if (event.key === "ArrowRight" && !range) player.seek(player.audio.currentTime + STEP_S);
  else return;
  event.preventDefault();
});

adopt(document);
for (const place of document.querySelectorAll("[data-recordings-of]")) fill(place);
