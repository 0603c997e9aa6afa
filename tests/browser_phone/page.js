// A desk with nothing but a phone: JsSIP on the server's own /sip, and a recorder of what is heard.
import JsSIP from "jssip";

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

class Phone {
  constructor() {
    this.said = [];
    this.page = crypto.randomUUID();
    this.answers = true;
    this.codes = [];
  }

  note(...words) {
    this.said.push(words.join(" "));
  }

  // Ask for credentials as the page of this session; gives the HTTP status and what came.
  async credentials(take = false) {
    const response = await fetch("/desk/phone", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": window.csrf },
      body: JSON.stringify({ page: this.page, take }),
    });
    return { status: response.status, body: await response.json().catch(() => null) };
  }

  async start(take = false) {
    const { status, body } = await this.credentials(take);
    if (status !== 200) return status;
    this.given = body;
    const socket = new JsSIP.WebSocketInterface(location.origin.replace("http", "ws") + body.socket);
    this.ua = new JsSIP.UA({
      sockets: [socket],
      uri: body.uri,
      password: body.password,
      register_expires: body.expires_s,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 2,
    });
    for (const name of ["connected", "registered", "unregistered", "registrationFailed"])
      this.ua.on(name, (event) => this.note(name, event?.cause ?? ""));
    this.ua.on("disconnected", (event) => {
      this.codes.push(event?.code);
      this.note("disconnected", event?.code);
      void this.renew(event?.code);
    });
    this.ua.on("newRTCSession", ({ session, request }) => this.session(session, request));
    this.ua.start();
    return status;
  }

  session(session, request) {
    this.current = session;
    this.returning = request.getHeader("X-CTI-Return") ?? "";
    this.note("session", session.direction, session.remote_identity.uri.user ?? "", this.returning);
    for (const name of ["progress", "accepted", "confirmed", "ended", "failed"])
      session.on(name, (event) => this.note("call", name, event?.cause ?? ""));
    session.on("peerconnection", ({ peerconnection }) => this.hear(peerconnection));
    if (session.direction === "incoming" && (this.answers || this.returning)) this.answer();
  }

  answer() {
    this.current.answer({ mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: this.given.ice } });
  }

  hear(connection) {
    connection.addEventListener("iceconnectionstatechange", () => this.note("ice", connection.iceConnectionState));
    connection.addEventListener("track", ({ track, streams }) => {
      const stream = streams[0] ?? new MediaStream([track]);
      const sound = new Audio();
      sound.srcObject = stream;
      void sound.play();
      this.context ??= new AudioContext();
      this.analyser = this.context.createAnalyser();
      this.analyser.fftSize = 4096;
      this.context.createMediaStreamSource(stream).connect(this.analyser);
    });
  }

  // As a desk does: it asks for credentials again when they are not known any more, and goes on with its call.
  async renew(code) {
    if (![4404, 4502].includes(code) || this.renewing) return;
    this.renewing = true;
    while (this.ua) {
      const { status, body } = await this.credentials().catch(() => ({ status: 0 }));
      if (status === 200) {
        this.ua.set("password", body.password);
        this.note("renewed");
        break;
      }
      await sleep(300);
    }
    this.renewing = false;
  }

  // Registered once more after this moment.
  async registers_again(ms = 40000) {
    const before = this.said.filter((one) => one.startsWith("registered")).length;
    for (let waited = 0; waited < ms; waited += 50) {
      if (this.said.filter((one) => one.startsWith("registered")).length > before) return true;
      await sleep(50);
    }
    return false;
  }

  async log_out() {
    const body = new URLSearchParams({ csrf: window.csrf });
    return (await fetch("/logout", { method: "POST", body, redirect: "manual" })).status;
  }

  // Say REGISTER for somebody on this page's own connection; gives the code with which it is closed.
  async speaks_as(user) {
    const { body } = await this.credentials();
    const socket = new WebSocket(location.origin.replace("http", "ws") + body.socket, "sip");
    await new Promise((done) => (socket.onopen = done));
    const head = [
      "REGISTER sip:cti.invalid SIP/2.0",
      "Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1",
      "Max-Forwards: 70",
      `From: <sip:${user}@cti.invalid>;tag=1`,
      `To: <sip:${user}@cti.invalid>`,
      "Call-ID: 1",
      "CSeq: 1 REGISTER",
      `Contact: <sip:${user}@x.invalid;transport=ws>`,
      "Content-Length: 0",
    ];
    socket.send(`${head.join("\r\n")}\r\n\r\n`);
    return new Promise((done) => (socket.onclose = (event) => done(event.code)));
  }

  // What is heard at this moment: the loudest frequency, and how far (dB) it stands above the median of all others.
  heard() {
    if (!this.analyser) return { hertz: 0, above: 0 };
    const bins = new Float32Array(this.analyser.frequencyBinCount);
    this.analyser.getFloatFrequencyData(bins);
    const width = this.context.sampleRate / this.analyser.fftSize;
    const loudest = bins.indexOf(Math.max(...bins.slice(5)));
    const median = [...bins.slice(0, Math.round(3400 / width))].sort((a, b) => a - b)[Math.round(1700 / width)];
    const above = bins[loudest] - Math.max(median, -140);
    return { hertz: loudest * width, above: Number.isFinite(above) ? above : 0, level: bins[loudest] };
  }

  // Wait until a tone near `hertz` is heard clearly; false when it is not within `ms`.
  async hears(hertz, ms = 8000) {
    for (let waited = 0; waited < ms; waited += 100) {
      const now = this.heard();
      if (Math.abs(now.hertz - hertz) < 25 && now.above > 25 && now.level > -60) return true;
      await sleep(100);
    }
    return false;
  }

  async saw(words, ms = 10000) {
    for (let waited = 0; waited < ms; waited += 50) {
      if (this.said.some((one) => one.startsWith(words))) return true;
      await sleep(50);
    }
    return false;
  }
}

window.phone = new Phone();
