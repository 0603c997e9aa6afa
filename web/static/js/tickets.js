// Tickets: j and k go through the rows, Enter opens one; what is being written is kept until it is sent.

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

for (const list of document.querySelectorAll("[data-keys]")) {
  const links = [...list.querySelectorAll("tbody td.customer > a")];
  document.addEventListener("keydown", (event) => {
    if (typing(event.target) || event.ctrlKey || event.altKey || event.metaKey || links.length === 0) return;
    const now = links.indexOf(document.activeElement);
    const step = { j: 1, k: -1 }[event.key];
    if (step !== undefined) {
      links[now < 0 ? 0 : Math.min(links.length - 1, Math.max(0, now + step))].focus();
      event.preventDefault();
    } else if (event.key === "x" && now >= 0) {
      const box = links[now].closest("tr").querySelector("input[type=checkbox]");
      if (box) box.checked = !box.checked;
    }
  });
}

for (const area of document.querySelectorAll("textarea[data-most]")) {
  const form = area.closest("form");
  const wrong = form.querySelector("[data-wrong]");
  form.addEventListener("submit", (event) => {
    const tooLong = area.value.length > Number(area.dataset.most);
    if (wrong) wrong.hidden = !tooLong;
    if (tooLong && wrong) {
      event.preventDefault();
      area.focus();
    }
  });
}

// A draft goes when the page after the sending has come: an error page is none of these.
const SENT = "draft-sent";
const MOST_KEPT = 500_000;
const sent = sessionStorage.getItem(SENT);
if (sent) {
  sessionStorage.removeItem(sent);
  sessionStorage.removeItem(SENT);
}
for (const area of document.querySelectorAll("textarea[data-draft]")) {
  const key = `draft:${area.dataset.draft}`;
  const kept = sessionStorage.getItem(key);
  if (kept && !area.value) area.value = kept;
  area.addEventListener("input", () => {
    if (area.value.length <= MOST_KEPT) sessionStorage.setItem(key, area.value);
  });
  area.closest("form").addEventListener("submit", (event) => {
    if (!event.defaultPrevented) sessionStorage.setItem(SENT, key);
  });
}
