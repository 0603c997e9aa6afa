import { send } from "../lib/http";

/** For this session only; a new one makes the former worthless. */
export interface Credentials {
  uri: string;
  user: string;
  password: string;
  realm?: string;
  ice?: RTCIceServer[];
}

export function fetchCredentials(): Promise<Credentials> {
  return send<Credentials>("POST", "/desk/phone", {});
}
