// Elements from text only: nothing that came from a caller is ever read as HTML.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children.flat(Infinity)) if (child !== null && child !== undefined && child !== "") element.append(child);
  return element;
}

// A name or number from outside: isolated, so that right-to-left text does not turn its neighbours around.
export function foreign(text, attributes) {
  return h("bdi", { title: text, ...attributes }, text);
}

// Keep `parent` holding exactly `items`, in order; elements whose view did not change stay as they are.
export function reconcile(parent, known, items, build) {
  const wanted = new Set(items.map((item) => item.id));
  for (const [id, entry] of known) {
    if (!wanted.has(id)) {
      entry.element.remove();
      known.delete(id);
    }
  }
  let place = parent.firstElementChild;
  for (const item of items) {
    let entry = known.get(item.id);
    const print = JSON.stringify(item);
    if (!entry || entry.print !== print) {
      const element = build(item);
      if (entry) {
        if (place === entry.element) place = element;
        entry.element.replaceWith(element);
      }
      entry = { element, print };
      known.set(item.id, entry);
    }
    if (entry.element === place) place = place.nextElementSibling;
    else parent.insertBefore(entry.element, place);
  }
}
