// What one speaks into and hears with. The choice is kept in this browser; the ringer may be another loudspeaker.

import { signal } from "@preact/signals";

export type Use = "microphone" | "speaker" | "ringer";
const KEY = "cti-audio";

type Choice = Partial<Record<Use, string>>;

export const choice = signal<Choice>(read());
export const devices = signal<MediaDeviceInfo[]>([]);

function read(): Choice {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}

export function choose(use: Use, id: string): void {
  choice.value = { ...choice.value, [use]: id };
  localStorage.setItem(KEY, JSON.stringify(choice.value));
}

/** Names of devices are told only after the microphone was allowed. */
export async function lookAtDevices(): Promise<void> {
  if (navigator.mediaDevices) devices.value = await navigator.mediaDevices.enumerateDevices();
}

export function watchDevices(changed: () => void): void {
  navigator.mediaDevices?.addEventListener("devicechange", () => void lookAtDevices().then(changed));
}

/** A device that was unplugged is not asked for: the browser then takes its own. */
export function chosen(use: Use): string {
  const wanted = choice.value[use] ?? "";
  return devices.value.some((device) => device.deviceId === wanted) ? wanted : "";
}

export async function microphone(): Promise<MediaStream> {
  const id = chosen("microphone");
  const audio: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return navigator.mediaDevices.getUserMedia({ audio: id ? { ...audio, deviceId: { exact: id } } : audio });
}

/** Sends what `element` plays to the chosen loudspeaker. */
export async function play(element: HTMLAudioElement, use: Use): Promise<void> {
  const id = chosen(use);
  if ("setSinkId" in element) await element.setSinkId(id).catch(() => undefined);
  await element.play().catch(() => undefined);
}
