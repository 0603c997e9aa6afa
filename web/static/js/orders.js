// What a supervisor may order: one dialog for agents, queues and callers each, filled when it is opened.
// What hurts is pressed twice. The page itself changes when the server says so, not here.

import { h } from "./dom.js";

const ARMED_MS = 4000;

// `texts`: the page's; `kinds`: for each kind (id) => {name, when, fill?}, or nothing for what is gone meanwhile.
export function orders(root, texts, kinds) {
  const directs = root.dataset.directs !== undefined;
  for (const dialog of directs ? root.querySelectorAll("dialog.orders") : []) prepare(dialog, texts);
  return (kind, id, name) => {
    if (!directs) return null;
    const label = `${texts["floor.orders"]}: ${name}`;
    const button = h("button", { type: "button", class: "small", "aria-label": label, title: label }, "⋯");
    button.addEventListener("click", () => open(document.getElementById(`${kind}-orders`), kind, id, kinds[kind](id)));
    return button;
  };
}

function open(dialog, kind, id, shown) {
  if (!shown) return;
  dialog.querySelector("[data-name]").textContent = shown.name;
  dialog.querySelector("[data-failed]").hidden = true;
  for (const form of dialog.querySelectorAll("form[method=post]")) {
    form.reset();
    form.action = `/live/${kind}/${encodeURIComponent(id)}`;
    form.hidden = form.dataset.when ? !form.dataset.when.split(" ").some((word) => shown.when.includes(word)) : false;
    disarm(form.querySelector("[data-confirm]"));
  }
  shown.fill?.(dialog);
  dialog.showModal();
}

function disarm(button) {
  if (!button?.dataset.armed) return;
  button.textContent = button.dataset.armed;
  delete button.dataset.armed;
}

function prepare(dialog, texts) {
  dialog.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.method === "dialog") return;
    event.preventDefault();
    const button = event.submitter;
    if (button.dataset.confirm !== undefined && !button.dataset.armed) {
      button.dataset.armed = button.textContent;
      button.textContent = texts["floor.confirm"];
      setTimeout(() => disarm(button), ARMED_MS);
      return;
    }
    const failed = dialog.querySelector("[data-failed]");
    try {
      const body = new URLSearchParams(new FormData(form, button));
      const response = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      failed.hidden = response.type === "opaqueredirect";
    } catch {
      failed.hidden = false;
    }
    disarm(button);
    if (failed.hidden) dialog.close();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
