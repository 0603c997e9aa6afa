// Put into a page before its own scripts run: listens to what the page plays and its calls receive, notes when a call
// popped, and cuts the page's connections.
(() => {
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const SIZE = 8192;
  let context = null;
  let analyser = null;
  const players = new Map();

  const listen = (stream) => {
    context ??= new AudioContext();
    const made = context.createAnalyser();
    made.fftSize = SIZE;
    made.smoothingTimeConstant = 0;
    context.createMediaStreamSource(stream).connect(made);
    return made;
  };

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("track", ({ track }) => (analyser = listen(new MediaStream([track]))));
    }
  };

  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    if (this.srcObject) players.set(this, listen(this.srcObject));
    return play.call(this);
  };

  // The network goes away: what is open breaks without a word, and nothing new comes through until it is back.
  const sockets = new Set();
  let away = false;
  const NativeSocket = window.WebSocket;
  window.WebSocket = class extends NativeSocket {
    constructor(address, protocols) {
      super(away ? new URL("/nowhere", address) : address, protocols);
      sockets.add(this);
    }
  };

  // Which of these tones are heard at this moment: each stands 20 dB above the noise, and is no whisper.
  const tones = (wanted, where = analyser) => {
    if (!where) return [];
    const bins = new Float32Array(where.frequencyBinCount);
    where.getFloatFrequencyData(bins);
    const width = context.sampleRate / SIZE;
    const speech = [...bins.slice(0, Math.round(3400 / width))].sort((a, b) => a - b);
    const noise = Math.max(speech[speech.length >> 1], -140);
    return wanted.filter((hertz) => {
      const at = Math.round(hertz / width);
      const level = Math.max(...bins.slice(at - 2, at + 3));
      return level > -60 && level - noise > 20;
    });
  };

  window.ears = {
    popped: {},
    tones,
    network(there) {
      away = !there;
      if (away) sockets.forEach((socket) => socket.readyState === 1 && socket.close(3001));
      window.dispatchEvent(new Event(there ? "online" : "offline"));
    },
    // Wait until just these of the three tones are heard; gives what is heard at the end.
    async hears(wanted, all, ms) {
      const right = String(wanted);
      let now = [];
      for (let waited = 0; waited < ms; waited += 50) {
        now = tones(all);
        if (String(now) === right) return now;
        await sleep(50);
      }
      return now;
    },
  };

  // Wait until all of these tones are played by one loudspeaker.
  window.ears.plays = async (wanted, ms) => {
    for (let waited = 0; waited < ms; waited += 50) {
      if ([...players.values()].some((where) => tones(wanted, where).length === wanted.length)) return true;
      await sleep(50);
    }
    return false;
  };

  const look = () => {
    for (const card of document.querySelectorAll("[data-leg]")) {
      window.ears.popped[`${card.dataset.leg} ${card.dataset.phase}`] ??= Date.now() / 1000;
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-phase"] });
})();
