// A run is started: how far it is to go, what that takes, and the button after that.
import { ApiError } from "../shared/api.js";
import { busy, button, failure, field, figures, notice, select } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { bytes, duration, number, t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { voices } from "../shared/voices.js";
import { estimate, start } from "./calls.js";
import { said } from "./said.js";
import { stepsOf } from "./told.js";
import { deviceName } from "./words.js";

const KNOBS = [["steps", t("Steps"), { min: 1, step: 1 }], ["batch_size", t("Batch"), { min: 1, step: 1 }], ["learning_rate", t("Learning rate"), { min: 0, step: "any" }], ["seed", t("Seed"), { min: 0, step: 1 }]];

/** `begun(run_id, dataset_id)` is called with the run that was started; `toDataset()` leads to what a dataset lacks. */
export function startForm(sets, begun, toDataset) {
  const dataset = field(t("Dataset"), select(sets.map((one) => [one.dataset_id, one.name]), parameters().dataset));
  const name = field(t("Name of the voice"), h("input", { required: true, maxlength: 64 }));
  const preset = field(t("Preset"), select([["quick", t("Quick: to hear whether it is worth it")], ["balanced", t("Balanced: as fits the dataset")], ["thorough", t("Thorough: twice as long")]], "balanced"));
  const engine = field(t("Engine"), select([["kiskadee", t("Kiskadee: minutes, on any machine")], ["xtts", t("XTTS: half an hour of speech, and a GPU or hours")]], "kiskadee"));
  const more = settings(engine.control);
  const told = h("div", { "aria-live": "polite" });
  const out = h("div");
  const act = h("button", { class: "primary" }, t("Start training"));
  const named = () => {
    name.control.value = sets.find((one) => one.dataset_id === dataset.control.value)?.name ?? "";
  };
  const asked = async () => {
    const base = { model_name: name.control.value.trim() || "-", dataset: dataset.control.value, engine: engine.control.value, ...more.values() };
    if ("steps" in base) return base;
    const fitting = preset.control.value === "balanced" ? undefined : (await estimate(base)).estimate.steps;
    const steps = stepsOf(preset.control.value, fitting);
    return steps === undefined ? base : { ...base, steps };
  };
  let turn = 0;
  const reckon = async () => {
    const own = (turn += 1);
    const shown = await asked().then(estimate).then(estimated, (error) => lacking(error, () => {
      remember({ dataset: dataset.control.value });
      toDataset();
    }) ?? failure(error, reckon));
    if (own !== turn) return;
    fill(told, shown);
    // What the button would only be told again stands above it.
    act.disabled = shown.classList.contains("warn");
  };
  dataset.control.addEventListener("change", named);
  [dataset.control, engine.control, preset.control, more.element].forEach((one) => one.addEventListener("change", reckon));
  named();
  reckon();
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => begun((await start(await asked())).run_id, dataset.control.value));
  };
  return h("form", { class: "stack", on: { submit } }, h("div", { class: "row end" }, dataset, name), h("div", { class: "row end" }, engine, preset), more.element, told, out, h("div", {}, act));
}

/** What may be set of a run; `engine` is the choice of what it trains. */
function settings(engine) {
  const knobs = KNOBS.map(([id, label, limits]) => [id, field(label, h("input", { type: "number", ...limits }))]);
  const base = field(t("Begin with"), select([["", t("the engine's own voices")]], ""));
  const offer = async () => {
    base.control.replaceChildren(h("option", { value: "" }, t("the engine's own voices")));
    const own = (await voices({ kind: "trained", engine: engine.value })).filter((voice) => voice.ready);
    base.control.append(...own.map((voice) => h("option", { value: voice.voice_id }, voice.name)));
  };
  // Without them one still begins with the engine's own.
  const tried = () => offer().catch(() => {});
  engine.addEventListener("change", tried);
  tried();
  const texts = field(t("Sentences to hear on the way, one a line"), h("textarea", { rows: 3, class: "words" }), { hint: t("Up to {n}", { n: 5 }) });
  const lines = () => texts.control.value.split("\n").map((line) => line.trim()).filter(Boolean);
  return {
    element: h("details", {}, h("summary", {}, t("Settings")), h("p", { class: "hint" }, t("Left empty, they follow the size of the dataset.")), h("div", { class: "stack" }, h("div", { class: "row end" }, knobs.map(([, one]) => one)), h("div", { class: "row top" }, base, texts))),
    values: () => ({
      ...Object.fromEntries(knobs.filter(([, one]) => one.control.value !== "").map(([id, one]) => [id, Number(one.control.value)])),
      ...(base.control.value ? { base: base.control.value } : {}),
      ...(lines().length ? { sample_texts: lines() } : {}),
    }),
  };
}

const LACKING = ["dataset", "engine", "batch_size", "device"];

/** What keeps a run from beginning on the dataset; undefined where it is something else. */
function lacking(error, toDataset) {
  const why = error instanceof ApiError && error.status === 422 ? error.errors.filter((one) => LACKING.includes(one.field)) : [];
  if (!why.length) return undefined;
  const way = why.some((one) => one.field === "dataset") ? button(t("Go to the dataset"), toDataset, { kind: "tiny" }) : null;
  return notice("warn", h("p", {}, h("strong", {}, t("Before training"))), h("ul", {}, why.map((one) => h("li", {}, said(one.message)))), way);
}

function estimated({ estimate: about, warnings }) {
  const shown = [[t("About"), duration(about.seconds)], [t("Steps"), number(about.steps)], [t("Speech"), duration(about.speech_seconds)], [t("Memory"), bytes(about.memory_bytes)], [t("Device"), deviceName(about.device)]];
  return h("div", { class: "stack" }, figures(shown),
    warnings.length ? notice("warn", h("ul", {}, warnings.map((one) => h("li", {}, said(one))))) : null);
}
