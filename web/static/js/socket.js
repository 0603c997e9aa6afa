// One WebSocket that comes back by itself. The first message is always a snapshot; after `resync` another one follows.

const SIGNED_OUT = 4401;

export function connect(path, onMessage, onLink) {
  let failures = 0;
  const open = () => {
    onLink("connecting");
    const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    socket.addEventListener("message", (event) => {
      failures = 0;
      onLink("connected");
      onMessage(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (event.code === SIGNED_OUT) return location.assign("/login");
      onLink("lost");
      failures += 1;
      const wait = Math.min(10000, 250 * 2 ** failures) * (0.5 + Math.random() / 2);
      setTimeout(open, wait);
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
