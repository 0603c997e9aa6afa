import { effect } from "@preact/signals";
import { render } from "preact";

import { startClock } from "../lib/clock";
import { connect } from "../lib/socket";
import { watchRinging } from "./alarm";
import { App } from "./app";
import { reportPops } from "./delivery";
import { listen } from "./keys";
import { readPage, settings } from "./page";
import { phone } from "./phone";
import { hear, link, ringing } from "./store";

const root = document.getElementById("desk");
if (root) {
  readPage(root);
  startClock();
  render(<App />, root);
  connect("/desk/socket", hear, (state) => (link.value = state));
  reportPops();
  watchRinging();
  listen();
  if (settings.browserPhone) {
    void phone.start();
    // A call that was placed from this desk rings here first: it was wanted.
    effect(() => {
      if (ringing.value?.own && phone.owner.value && phone.sound.value === "ringing") void phone.answer();
    });
  }
}
