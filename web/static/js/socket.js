// One WebSocket that comes back by itself. The first message is always a snapshot; after `resync` another one follows.

const SIGNED_OUT = 4401;
/** The server says every two seconds that it is there: a network that changed leaves a connection open that is dead. */
const SILENT_MS = 6000;

export function connect(path, onMessage, onLink) {
  let failures = 0;
  const open = () => {
    onLink("connecting");
    const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    let silent = 0;
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      clearTimeout(silent);
      socket.close();
      onLink("lost");
      failures += 1;
      const wait = Math.min(10000, 250 * 2 ** failures) * (0.5 + Math.random() / 2);
      setTimeout(open, wait);
    };
    const heard = () => {
      clearTimeout(silent);
      silent = setTimeout(end, SILENT_MS);
    };
    heard();
    socket.addEventListener("message", (event) => {
      if (over) return;
      heard();
      failures = 0;
      onLink("connected");
      const message = JSON.parse(event.data);
      if (message.type !== "beat") onMessage(message);
    });
    socket.addEventListener("close", (event) => {
      if (event.code === SIGNED_OUT) return location.assign("/login");
      end();
    });
  };
  open();
}

export function showLink(element, texts) {
  return (link, detail = "") => {
    element.dataset.link = link;
    const text = `${texts[`floor.link.${link}`]} ${detail}`.trim();
    if (element.textContent !== text) element.textContent = text;
  };
}
