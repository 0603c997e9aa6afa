import { render } from "preact";

import { startClock } from "../lib/clock";
import { connect } from "../lib/socket";
import { answerWanted } from "./acts";
import { watchRinging } from "./alarm";
import { App } from "./app";
import { reportPops } from "./delivery";
import { listen } from "./keys";
import { readPage, settings } from "./page";
import { phone } from "./phone";
import { hear, link } from "./store";
import { keepWrapUp } from "./wrapup";

const root = document.getElementById("desk");
if (root) {
  readPage(root);
  startClock();
  render(<App />, root);
  connect("/desk/socket", hear, (state) => (link.value = state));
  reportPops();
  watchRinging();
  listen();
  keepWrapUp();
  if (settings.browserPhone) {
    void phone.start();
    answerWanted();
  }
}
