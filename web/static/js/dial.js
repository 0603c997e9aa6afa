// A number on any page is called with a click: one's own phone rings first. Without a desk `tel:` is left to the machine.

const said = document.createElement("output");
said.className = "dialled";
said.setAttribute("role", "status");
let timer = 0;

function tell(text) {
  said.textContent = text;
  document.body.append(said);
  clearTimeout(timer);
  timer = setTimeout(() => said.remove(), 6000);
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href^='tel:']");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const { csrf, dialling, failed } = document.body.dataset;
  const to = decodeURIComponent(link.getAttribute("href").slice(4));
  try {
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    const response = await fetch("/desk/call", { method: "POST", headers, body: JSON.stringify({ do: "dial", to }) });
    tell(response.ok ? dialling.replace("{number}", to) : (await response.json()).detail || failed);
  } catch {
    tell(failed);
  }
});
