import { send } from "../lib/http";

/** For this page only; new ones make the former worthless. `socket`: the path of the SIP connection. */
export interface Credentials {
  user: string;
  password: string;
  uri: string;
  socket: string;
  ice: RTCIceServer[];
  expires_s: number;
}

/** What this page calls itself, anew with each load. */
const PAGE = crypto.randomUUID();

/** Raises `Refused`: 409 when another page of this agent has the phone, unless `take`. */
export function fetchCredentials(take: boolean): Promise<Credentials> {
  return send<Credentials>("POST", "/desk/phone", { page: PAGE, take });
}
