// What a browser keeps for its user. A browser that forbids to keep anything still works, until the page is left.
const PREFIX = "kiskadee.";
const held = new Map();

export function read(name, store = "localStorage") {
  try {
    const text = globalThis[store].getItem(PREFIX + name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return held.get(name);
  }
}

/** Keeps a value; `undefined` forgets it. */
export function write(name, value, store = "localStorage") {
  held.set(name, value);
  try {
    if (value === undefined) globalThis[store].removeItem(PREFIX + name);
    else globalThis[store].setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Full, or forbidden: held for this page alone.
  }
}

/** The parameters of the page's address, which hold what a reload must show again. */
export function parameters() {
  return Object.fromEntries(new URLSearchParams(location.search));
}

/** Changes some of them in place; null takes one away. */
export function remember(changes, { push = false } = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history[push ? "pushState" : "replaceState"](null, "", location.pathname + (text && `?${text}`));
}
