// Elements without a framework: every text goes in as text, so nothing that a user or the API says is read as markup.

/** An element; `on` holds listeners, what is null or false is left out, functions and booleans become properties. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(element, name, value);
  element.append(...flat(children));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...flat(children));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (name === "value" || name === "checked" || name === "indeterminate") {
    element[name] = value;
  } else {
    element.setAttribute(name, value === true ? "" : value);
  }
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Puts others in the place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

let last = 0;

/** An id that no other element has, for labels. */
export function uid(prefix) {
  last += 1;
  return `${prefix}-${last}`;
}

/** Draws anew; the focus stays where it was, and what is folded stays so, by the `data-name` of either. */
export function redraw(element, ...children) {
  const named = (name) => element.querySelector(`[data-name="${CSS.escape(name)}"]`);
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.name : undefined;
  const folds = [...element.querySelectorAll("details[data-name]")].map(({ dataset, open }) => [dataset.name, open]);
  fill(element, ...children);
  for (const [name, open] of folds) if (named(name)) named(name).open = open;
  if (focused) named(focused)?.focus();
  return element;
}
