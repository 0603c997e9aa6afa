// Cards are dragged to a stage: the card's own form is sent, as when its arrows are pressed. Works on any board that
// htmx put in place of the last one.
let dragged = null;

const stageAt = (target) => target instanceof Element ? target.closest("[data-stage]") : null;
const unmark = () => document.querySelectorAll(".stage.over").forEach((stage) => stage.classList.remove("over"));

document.addEventListener("dragstart", (event) => {
  dragged = event.target instanceof Element ? event.target.closest("[data-opportunity]") : null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.opportunity);
  dragged.classList.add("dragged");
});

document.addEventListener("dragover", (event) => {
  const stage = stageAt(event.target);
  if (!dragged || !stage) return;
  event.preventDefault();
  unmark();
  stage.classList.add("over");
});

document.addEventListener("drop", (event) => {
  const stage = stageAt(event.target);
  if (!dragged || !stage) return;
  event.preventDefault();
  const form = dragged.querySelector("[data-move]");
  if (!form || dragged.closest("[data-stage]") === stage) return;
  const wanted = document.createElement("input");
  Object.assign(wanted, { type: "hidden", name: "stage", value: stage.dataset.stage });
  form.append(wanted);
  form.requestSubmit();
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  dragged = null;
  unmark();
});
