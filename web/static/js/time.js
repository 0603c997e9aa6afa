// Lengths of time that tick by themselves. The server's clock counts, not the browser's.

let ahead = 0;

export function setClock(serverSeconds) {
  ahead = serverSeconds - Date.now() / 1000;
}

export function now() {
  return Date.now() / 1000 + ahead;
}

export function length(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

// An element that shows how long ago `since` was (or, with `until`, how long it still is), each second anew.
export function ticking(element, since, until = null) {
  element.dataset.since = since ?? "";
  element.dataset.until = until ?? "";
  show(element);
  return element;
}

function show(element) {
  const { since, until } = element.dataset;
  let text = "–";
  if (until) text = length(Number(until) - now());
  else if (since) text = length(now() - Number(since));
  if (element.textContent !== text) element.textContent = text;
}

export function tick(root, each) {
  const run = () => {
    for (const element of root.querySelectorAll("[data-since]")) show(element);
    each?.();
  };
  setInterval(run, 500);
}
