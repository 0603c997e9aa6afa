import { SipPhone } from "../phone/sip";
import { SharedPhone } from "../phone/tabs";

/** This agent's phone in the browser; it is started only for who has one. */
export const phone = new SharedPhone(() => new SipPhone());
