// How good the line is, from the statistics of RTP, by the E-model (ITU-T G.107, simplified for one codec, G.711).

import type { Quality } from "./phone";

export interface Sample {
  received: number;
  lost: number;
  jitter_s: number;
  rtt_s: number;
}

/** What happened between two samples. Null while nothing was received. */
export function judge(before: Sample, after: Sample): Quality | null {
  const received = after.received - before.received;
  const lost = Math.max(0, after.lost - before.lost);
  if (received <= 0) return null;
  const loss = lost / (received + lost);
  const delay_ms = (after.rtt_s * 1000) / 2 + after.jitter_s * 2000 + 10;
  const delayed = delay_ms < 160 ? delay_ms / 40 : (delay_ms - 120) / 10;
  const r = Math.max(0, Math.min(93.2, 93.2 - delayed - loss * 250));
  const mos = Math.max(1, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r));
  return { mos, loss, jitter_ms: after.jitter_s * 1000, rtt_ms: after.rtt_s * 1000 };
}

export async function sample(connection: RTCPeerConnection): Promise<Sample> {
  const found: Sample = { received: 0, lost: 0, jitter_s: 0, rtt_s: 0 };
  (await connection.getStats()).forEach((part: any) => {
    if (part.type === "inbound-rtp" && part.kind === "audio") {
      found.received = part.packetsReceived ?? 0;
      found.lost = part.packetsLost ?? 0;
      found.jitter_s = part.jitter ?? 0;
    } else if (part.type === "remote-inbound-rtp") found.rtt_s = part.roundTripTime ?? found.rtt_s;
    else if (part.type === "candidate-pair" && part.nominated && !found.rtt_s) found.rtt_s = part.currentRoundTripTime ?? 0;
  });
  return found;
}
