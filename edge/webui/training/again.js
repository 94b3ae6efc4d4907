// Two steps made otherwise than by themselves: recordings cut with other settings, words taken from elsewhere.
import { busy, button, check, dialog, field, notice, select } from "../shared/components.js";
import { h } from "../shared/dom.js";
import { t } from "../shared/messages.js";

const CUTS = [
  ["min_seconds", t("Shortest, s"), { min: 0.3, max: 10, step: 0.1, value: 1 }, t("Shorter ones are rejected")],
  ["max_seconds", t("Longest, s"), { min: 2, max: 30, step: 0.5, value: 11 }, t("Longer ones are cut where the speaker pauses")],
  ["min_silence_ms", t("Shortest pause, ms"), { min: 50, max: 2000, step: 10, value: 300 }, t("Shorter pauses separate nothing")],
  ["pad_ms", t("Rest of the pause, ms"), { min: 0, max: 500, step: 10, value: 100 }, t("What is left of it at both ends")],
  ["threshold", t("How sure it is speech"), { min: 0.05, max: 0.95, step: 0.05, value: 0.5 }, t("Less takes in more")],
];
const SOURCES = [
  ["auto", t("What fits best")], ["given", t("What came with the recordings")], ["prompts", t("The sentences that were read")], ["whisper", "Whisper"],
];

/** `cut(settings)` begins it. */
export function cutDialog(cut) {
  ask(t("Cut the recordings again?"), t("Cut them"), (close) => {
    const fields = CUTS.map(([name, label, limits, hint]) => [name, field(label, h("input", { type: "number", required: true, ...limits }), { hint })]);
    return {
      inside: [notice("", t("New segments take the place of those that are here. What was written or decided by hand stays where a segment keeps its edges, and so do segments whose edges were moved.")), h("div", { class: "halves" }, fields.map(([, one]) => one))],
      work: async () => {
        close();
        await cut(Object.fromEntries(fields.map(([name, one]) => [name, Number(one.control.value)])));
      },
    };
  });
}

/** `take({source, only, overwrite_edited})` begins it. */
export function wordsDialog(take) {
  ask(t("Take the words"), t("Take them"), (close) => {
    const source = field(t("From where"), select(SOURCES, "auto"), { hint: t("A recogniser must be here: an operator imports it") });
    const all = check(t("Also where there are words already"));
    const edited = check(t("Even those that were written by hand"));
    edited.hidden = true;
    all.control.addEventListener("change", () => {
      edited.hidden = !all.control.checked;
    });
    return {
      inside: [source, all, edited],
      work: async () => {
        close();
        const whole = all.control.checked;
        await take({ source: source.control.value, only: whole ? "all" : "missing", ...(whole && edited.control.checked ? { overwrite_edited: true } : {}) });
      },
    };
  });
}

/** A dialogue with a form in it. */
function ask(title, action, build) {
  dialog(title, (close) => {
    const { inside, work } = build(close);
    const out = h("div");
    const act = h("button", { class: "primary" }, action);
    const submit = (event) => {
      event.preventDefault();
      busy(act, out, work);
    };
    return h("form", { class: "stack", on: { submit } }, inside, out, h("div", { class: "row" }, act, button(t("Close"), close)));
  });
}
