// The parts that screens are made of.
import { ApiError } from "./api.js";
import { fill, h, uid } from "./dom.js";
import { t } from "./messages.js";
import { told } from "./problems.js";

export function button(label, onClick, { kind = "", ...props } = {}) {
  return h("button", { type: "button", class: kind, on: { click: onClick }, ...props }, label);
}

/** A label with its control, a hint, and a place for what is wrong. */
export function field(label, control, { hint } = {}) {
  control.id ||= uid("field");
  const notes = h("p", { class: "hint", id: uid("hint") }, hint ?? "");
  const wrong = h("p", { class: "wrong", id: uid("wrong"), hidden: true });
  control.setAttribute("aria-describedby", hint ? `${notes.id} ${wrong.id}` : wrong.id);
  const element = h("div", { class: "field" }, h("label", { for: control.id }, label), control, hint && notes, wrong);
  element.control = control;
  element.complain = (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
    control.setAttribute("aria-invalid", text ? "true" : "false");
  };
  return element;
}

export function select(options, value, props = {}) {
  const element = h("select", props, options.map(([id, label]) => h("option", { value: id }, label)));
  if (value !== undefined && options.some(([id]) => id === value)) element.value = value;
  return element;
}

/** A checkbox with its label, whose `control` it is. */
export function check(label, props = {}) {
  return h("label", { class: "check" }, h("input", { type: "checkbox", ...props }), h("span", {}, label));
}

export function notice(kind, ...children) {
  return h("div", { class: `notice ${kind}`, role: kind === "bad" ? "alert" : null }, children);
}

export function waiting(text = t("Loading …")) {
  return h("p", { class: "loading quiet", role: "status" }, text);
}

/** Nothing is here yet, and what to do next. */
export function empty(text, ...actions) {
  return h("div", { class: "empty" }, h("p", {}, text), actions);
}

/** What went wrong, in the API's own words, with the id to report, and a way to try again. */
export function failure(error, again) {
  const known = error instanceof ApiError;
  const errors = known ? error.errors : [];
  const { text, detail } = textOf(error, known, errors);
  return notice("bad", h("p", {}, text), detail ? h("p", { class: "small", lang: "en" }, detail) : null,
    errors.length ? h("ul", {}, errors.slice(0, 50).map((one) => h("li", {}, place(one), one.message))) : null,
    known && error.requestId ? h("p", { class: "small" }, t("Request"), " ", h("code", {}, error.requestId)) : null,
    again ? button(t("Try again"), again, { kind: "tiny" }) : null);
}

function textOf(error, known, errors) {
  if (known && error.status === 0) return { text: t("The site cannot be reached. Look at your connection, then try again.") };
  // What the API says of several fields is meant for programs; the list below says it all.
  if (errors.length && /`errors` names each/.test(error.message)) return { text: t("Some values are not acceptable:") };
  return known ? told(error.problem, error.message) : { text: error.message };
}

function place({ field: name, line, index }) {
  if (line) return `${t("line {n}", { n: line })}: `;
  if (index !== undefined && index !== null) return `${t("text {n}", { n: index + 1 })}: `;
  return name ? `${name}: ` : "";
}

/** Runs what a button began: the button is off meanwhile, and a failure is shown in `out`. */
export async function busy(trigger, out, work) {
  if (trigger.getAttribute("aria-disabled") === "true") return undefined;
  trigger.setAttribute("aria-disabled", "true");
  fill(out);
  try {
    return await work();
  } catch (error) {
    if (error.name !== "AbortError") fill(out, failure(error));
    return undefined;
  } finally {
    trigger.removeAttribute("aria-disabled");
  }
}

const STATES = {
  queued: "info", pending: "info", running: "warn", processing: "warn", completed: "good", ready: "good", accepted: "good", active: "good",
  delivered: "good", failed: "bad", dead: "bad", parked: "bad", disabled: "bad", refused: "bad", completed_with_errors: "warn", stopping: "warn",
};
const STATE_NAMES = {
  queued: "queued", pending: "pending", running: "running", processing: "processing", completed: "completed", ready: "ready", refused: "refused",
  failed: "failed", cancelled: "cancelled", expired: "expired", completed_with_errors: "completed with errors", accepted: "accepted",
  rejected: "rejected", stopped: "stopped", stopping: "stopping", active: "active", disabled: "disabled", deleting: "deleting",
  delivered: "delivered", parked: "parked", scheduled: "scheduled",
};

export function badge(state) {
  return h("span", { class: `badge ${STATES[state] ?? ""}` }, t(STATE_NAMES[state] ?? state));
}

/** Figures with their names: [[name, value], …]. */
export function figures(pairs) {
  return h("dl", { class: "figures" }, pairs.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
}

export function bar(label, percent) {
  return h("progress", { max: 100, value: percent, "aria-label": label });
}

/** A dialogue that the browser itself keeps the focus in; closes by Escape too. */
export function dialog(title, build) {
  const heading = h("h2", { id: uid("title") }, title);
  const element = h("dialog", { "aria-labelledby": heading.id });
  const close = () => element.close();
  element.append(heading, ...[build(close)].flat());
  element.addEventListener("close", () => element.remove());
  document.body.append(element);
  element.showModal();
  return element;
}

/** Asks before something that cannot be undone; `work` runs while the dialogue stays. */
export function confirm(title, text, action, work) {
  return dialog(title, (close) => {
    const out = h("div");
    const act = button(action, () => busy(act, out, async () => {
      await work();
      close();
    }), { kind: "danger" });
    return [h("div", {}, text), out, h("div", { class: "row" }, act, button(t("Keep it"), close))];
  });
}

let announcer;
let announced = 0;

/** Tells a change to whoever cannot see it, at most every five seconds unless it is `urgent`. */
export function announce(text, urgent = false) {
  announcer ??= document.body.appendChild(h("div", { class: "hidden-text", "aria-live": "polite" }));
  if (!urgent && Date.now() - announced < 5_000) return;
  announced = Date.now();
  announcer.textContent = text;
}

/** Says in `out` how far something is. The words change in place, and are told like all that goes on: not more often than is bearable. */
export function tell(out, text) {
  const shown = out.childElementCount === 1 ? out.firstElementChild : undefined;
  if (shown?.dataset.progress) shown.textContent = text;
  else fill(out, h("p", { class: "loading quiet", "data-progress": "text" }, text));
  announce(text);
}

/** Tabs that arrows move in; `panels` is [[id, label, render(panel)], …]. */
export function tabs(label, panels, chosen, onChange = () => {}) {
  const panel = h("div", { role: "tabpanel", id: uid("panel"), tabindex: "0" });
  const list = h("div", { role: "tablist", "aria-label": label });
  const show = (id, focus) => {
    for (const tab of list.children) {
      const here = tab.dataset.id === id;
      tab.setAttribute("aria-selected", here);
      tab.tabIndex = here ? 0 : -1;
      if (here) panel.setAttribute("aria-labelledby", tab.id);
      // Where there is no room for all tabs, this one is among those that are seen.
      if (here && list.isConnected) list.scrollLeft = tab.offsetLeft - list.offsetLeft;
      if (here && focus) tab.focus();
    }
    panel.dispatchEvent(new Event("leave"));
    fill(panel);
    panels.find(([one]) => one === id)[2](panel);
    onChange(id);
  };
  const ids = panels.map(([id]) => id);
  list.append(...panels.map(([id, text]) => h("button", {
    type: "button", role: "tab", id: uid("tab"), "data-id": id, "aria-controls": panel.id,
    on: { click: () => show(id), keydown: (event) => moveTab(event, ids, id, show) },
  }, text)));
  const element = h("div", {}, list, panel);
  element.show = show;
  show(ids.includes(chosen) ? chosen : ids[0]);
  return element;
}

function moveTab(event, ids, id, show) {
  const at = ids.indexOf(id);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: ids.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  show(ids[(to + ids.length) % ids.length], true);
}
