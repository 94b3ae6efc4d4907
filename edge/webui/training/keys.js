// The keys of the table of segments.

/** What a key does where a row has the focus, and not something in it. */
export function rowAction(key) {
  return { " ": "play", Enter: "next", ArrowDown: "next", ArrowUp: "previous", x: "judge", X: "judge", b: "edges", B: "edges", e: "edit", E: "edit", F2: "edit" }[key];
}

/** What a key does where a text has the focus. */
export function textAction({ key, ctrlKey, shiftKey }) {
  if (key === " " && ctrlKey) return "play";
  if (key === "Escape") return "leave";
  return key === "Enter" && !shiftKey ? "keep" : undefined;
}

export function onRowKey(event) {
  const row = event.currentTarget;
  if (event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = rowAction(event.key);
  if (!act) return;
  event.preventDefault();
  if (act === "play") play(row);
  else if (act === "judge") row.querySelector("[data-act=judge]").click();
  else if (act === "edges") row.querySelector("[data-act=edges]").click();
  else if (act === "edit") row.querySelector("textarea").focus();
  else (act === "next" ? row.nextElementSibling : row.previousElementSibling)?.focus();
}

/** The tabulator comes back to the row that was left. */
export function onRowFocus({ currentTarget: row }) {
  for (const one of row.parentElement.children) one.tabIndex = one === row ? 0 : -1;
}

export function onTextKey(event, save) {
  const act = textAction(event);
  if (!act) return;
  const row = event.target.closest("tr");
  event.preventDefault();
  if (act === "play") return play(row);
  if (act === "leave") return row.focus();
  save();
  return (row.nextElementSibling?.querySelector("textarea") ?? row).focus();
}

function play(row) {
  row.querySelector("button")?.click();
}
