// The Phone by JsSIP, registered through our own server. One call at a time: a second one is refused as busy.

import { signal } from "@preact/signals";
import { UA } from "jssip";
import type { WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";

import { Refused } from "../lib/http";
import { fetchCredentials, type Credentials } from "./credentials";
import { lookAtDevices, microphone, play, watchDevices } from "./devices";
import { lineTo } from "./line";
import { Meter } from "./meter";
import type { Phone, Quality, Registration, Sound } from "./phone";
import { judge, sample, type Sample } from "./quality";
import { startRinging, stopRinging } from "./tones";

/** Close codes of /sip, as in cti_server/desk/phones.py. */
const TAKEN = 4409;
const NO_CREDENTIALS = 4404;
const SIGNED_OUT = 4401;
const ELSEWHERE = 409;
const QUALITY_MS = 2_000;
/** One's own call, back after the page was loaded again: nobody is to answer it a second time. */
const RETURNS = "X-CTI-Return";

/** A method that its types lack. */
type Asking = RTCSession & { sendRequest(method: string, options: { eventHandlers: { onDialogError(): void } }): void };

interface Arrived {
  session: RTCSession;
  request: { getHeader(name: string): string | undefined };
}

export class SipPhone implements Phone {
  readonly registration = signal<Registration>("off");
  readonly why = signal("");
  readonly sound = signal<Sound>("idle");
  readonly muted = signal(false);
  readonly quality = signal<Quality | null>(null);
  private readonly meter = new Meter();
  readonly level = this.meter.level;
  private ua: UA | null = null;
  private session: RTCSession | null = null;
  private stream: MediaStream | null = null;
  private heard = new Audio();
  private ice: RTCIceServer[] = [];
  private socket: WebSocketInterface | null = null;
  private again = 0;
  private looking = 0;
  private renewed = 0;

  constructor() {
    this.heard.id = "heard";
    this.heard.autoplay = true;
    watchDevices(() => void this.devicesChanged());
    // A network that changed under a call: new candidates, and registered anew as soon as the socket is back.
    window.addEventListener("online", () => this.restartIce());
  }

  async start(take = false): Promise<void> {
    this.stop();
    this.registration.value = "connecting";
    this.why.value = "";
    let found: Credentials;
    try {
      found = await fetchCredentials(take);
      await lookAtDevices();
    } catch (error) {
      const status = error instanceof Refused ? error.status : 0;
      this.registration.value = status === ELSEWHERE ? "elsewhere" : status && status < 500 ? "refused" : "lost";
      if (this.registration.value === "lost") this.again = window.setTimeout(() => void this.start(take), 3000);
      return;
    }
    this.ice = found.ice;
    const address = new URL(found.socket, location.href.replace(/^http/, "ws"));
    const socket = (this.socket = lineTo(address.href));
    const ua = (this.ua = new UA({
      sockets: [socket],
      uri: found.uri,
      authorization_user: found.user,
      password: found.password,
      register: true,
      register_expires: found.expires_s,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 4,
      user_agent: "cti-desk",
    }));
    const mine = () => ua === this.ua;
    ua.on("registered", () => mine() && this.registered());
    ua.on("unregistered", () => mine() && this.lost());
    ua.on("registrationFailed", () => mine() && void this.renew());
    ua.on("disconnected", (event) => mine() && this.lost(event.code));
    ua.on("newRTCSession", (event: Arrived) => mine() && this.arrived(event));
    ua.start();
  }

  stop(): void {
    clearTimeout(this.again);
    const { ua, socket } = this;
    this.ua = this.socket = null;
    // The line is cut before anything can be said: a call is not hung up, the server holds the customer for who comes next.
    if (this.session) socket?.disconnect();
    ua?.stop();
    this.registration.value = "off";
  }

  private registered(): void {
    this.renewed = 0;
    this.registration.value = "registered";
    this.restartIce();
    this.askAfter(this.session);
  }

  private lost(code = 0): void {
    this.registration.value = "lost";
    if (code === SIGNED_OUT) location.assign("/login");
    else if (code === NO_CREDENTIALS) void this.renew();
    else if (code === TAKEN) {
      this.stop();
      this.registration.value = "elsewhere";
    }
  }

  /** The PBX does not know the password any more: it was restarted, or another tab had a new one. */
  private async renew(): Promise<void> {
    this.registration.value = "lost";
    const ua = this.ua;
    this.renewed += 1;
    await new Promise((done) => setTimeout(done, Math.min(30, 2 ** this.renewed) * 500));
    if (!ua || ua !== this.ua) return;
    try {
      ua.set("password", (await fetchCredentials(false)).password);
    } catch {
      // asked for again at the next failure
    }
    ua.register();
  }

  /** The line was broken: a PBX that was restarted meanwhile knows nothing of this call any more. */
  private askAfter(session: RTCSession | null): void {
    if (!session?.isEstablished()) return;
    const over = () => {
      this.over(session);
      session.terminate();
    };
    (session as Asking).sendRequest("OPTIONS", { eventHandlers: { onDialogError: over } });
  }

  private arrived({ session, request }: Arrived): void {
    const returns = Boolean(request.getHeader(RETURNS));
    if (this.session && !returns) {
      session.terminate({ status_code: 486 });
      return;
    }
    // The network was away for so long that the caller was held: this call goes on for the former one, which the PBX ends.
    if (this.session) this.over(this.session);
    this.session = session;
    const over = () => this.over(session);
    session.on("ended", over);
    session.on("failed", over);
    session.on("peerconnection", ({ peerconnection }) => {
      peerconnection.addEventListener("track", (event) => {
        this.heard.srcObject = event.streams[0] ?? new MediaStream([event.track]);
        void play(this.heard, "speaker");
      });
      peerconnection.addEventListener("iceconnectionstatechange", () => {
        if (["disconnected", "failed"].includes(peerconnection.iceConnectionState)) this.restartIce();
      });
    });
    session.on("confirmed", () => {
      this.sound.value = "talking";
      this.watchQuality(session);
    });
    if (returns) void this.answer();
    else {
      this.sound.value = "ringing";
      startRinging();
    }
  }

  async answer(): Promise<void> {
    const session = this.session;
    if (!session || this.sound.value === "answering" || this.sound.value === "talking") return;
    stopRinging();
    this.sound.value = "answering";
    try {
      this.stream = await microphone();
    } catch (error) {
      // Without a microphone nobody is to be kept waiting: the call goes to the next agent.
      this.why.value = error instanceof Error ? error.message : "";
      session.terminate({ status_code: 480 });
      return;
    }
    this.meter.start(this.stream);
    session.answer({ mediaStream: this.stream, pcConfig: { iceServers: this.ice } });
  }

  decline(): void {
    this.session?.terminate({ status_code: 603 });
  }

  mute(on: boolean): void {
    if (!this.session) return;
    if (on) this.session.mute({ audio: true });
    else this.session.unmute({ audio: true });
    this.muted.value = on;
  }

  dtmf(key: string): void {
    if (this.session?.isEstablished() && /^[0-9*#]$/.test(key)) this.session.sendDTMF(key, { transportType: "RFC2833" as never });
  }

  async devicesChanged(): Promise<void> {
    await lookAtDevices();
    if (!this.session || !this.stream) return;
    await play(this.heard, "speaker");
    const fresh = await microphone();
    const [track] = fresh.getAudioTracks();
    const sender = this.session.connection?.getSenders().find((each) => each.track?.kind === "audio");
    if (!track || !sender) return;
    track.enabled = !this.muted.value;
    await sender.replaceTrack(track);
    this.stream.getTracks().forEach((each) => each.stop());
    this.stream = fresh;
    this.meter.start(fresh);
  }

  /** Sound finds its way anew. While the line is away it would not be heard of: then as soon as that is back. */
  private restartIce(): void {
    const state = this.session?.connection?.iceConnectionState ?? "";
    if (this.session?.isEstablished() && this.ua?.isConnected() && !["connected", "completed"].includes(state)) {
      this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
    }
  }

  private watchQuality(session: RTCSession): void {
    let before: Sample | null = null;
    const look = async () => {
      if (session !== this.session || !session.connection) return;
      const after = await sample(session.connection);
      if (before) this.quality.value = judge(before, after);
      before = after;
      this.looking = window.setTimeout(() => void look(), QUALITY_MS);
    };
    void look();
  }

  private over(session: RTCSession): void {
    if (session !== this.session) return;
    this.session = null;
    clearTimeout(this.looking);
    stopRinging();
    this.meter.stop();
    this.stream?.getTracks().forEach((each) => each.stop());
    this.stream = null;
    this.heard.srcObject = null;
    this.muted.value = false;
    this.quality.value = null;
    this.sound.value = "idle";
  }
}
