// The checkpoints of a run to choose from: what is heard, compared and made a voice is the chosen one.
import { h, uid } from "../shared/dom.js";
import { table } from "../shared/list.js";
import { bytes, number, t } from "../shared/messages.js";
import { KEPT } from "./words.js";

/** How far the voice is from the speaker's, on sentences that it was not trained with: in decibels, where its engine tells it so. */
export const distance = (value, engine) => (value == null ? "–" : engine === "kiskadee" ? `${number(value, 2)} dB` : number(value, 4));

const why = (one) => h("span", { class: "row" }, one.kept.map((reason) => h("span", { class: "badge" }, KEPT[reason] ?? reason)));

/** The columns of a table of checkpoints that an engine made. */
export const columns = (engine) => [
  [t("Step"), (one) => number(one.step), "number"],
  [t("Loss"), (one) => number(one.train_loss, 4), "number"],
  [t("Distance"), (one) => distance(one.evaluation_loss, engine), "number"],
  [t("Size"), (one) => bytes(one.bytes + (one.voice_bytes ?? 0)), "number"],
  [t("Kept as"), why],
];

/** A table to choose one of a run's checkpoints in; `value` of the element is the id of the chosen one, `onChange(id)` is told of another. */
export function checkpointChoice({ engine }, items, chosen, onChange) {
  const group = uid("checkpoint");
  const element = h("div", { role: "radiogroup", "aria-label": t("Checkpoint") });
  element.value = chosen;
  const radio = (one) => h("label", { class: "check" }, h("input", {
    type: "radio", name: group, value: one.checkpoint_id, checked: one.checkpoint_id === chosen,
    on: { change: () => onChange((element.value = one.checkpoint_id)) },
  }), h("span", {}, t("step {n}", { n: number(one.step) })));
  element.append(table(t("Checkpoints"), [[t("Checkpoint"), radio], ...columns(engine).slice(1)], items));
  return element;
}
