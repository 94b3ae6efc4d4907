// Runs: the form with its estimate, and one run as it goes on: curves, samples, log, checkpoints.
import { get, newKey, post, query } from "../shared/api.js";
import { busy, button, dialog, empty, failure, field, notice, select, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { bytes, duration, number, t, time } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { watchRun } from "./run.js";

/** The presets: how far a run goes beyond or below what fits the dataset. */
const PRESETS = { quick: { epochs: 3 }, balanced: {}, thorough: { epochs: 16 } };

export async function runTab(panel, onReady) {
  const stopper = new AbortController();
  panel.addEventListener("leave", () => stopper.abort(), { once: true });
  const place = panel.appendChild(h("div", { class: "stack" }, waiting()));
  const show = async () => {
    try {
      const [datasets, runs] = await Promise.all([get("/training/datasets?limit=100"), get("/training/runs?limit=20")]);
      const id = parameters().run ?? runs.items[0]?.run_id;
      if (id) remember({ run: id });
      const watched = h("div", { class: "stack" });
      const begun = (run) => {
        remember({ run });
        show();
      };
      fill(place, h("section", { class: "card" }, startForm(datasets.items, begun, runs.items.length > 0)), runs.items.length ? history(runs.items, id, begun) : null, watched);
      if (id) watchRun(watched, id, stopper.signal, onReady, begun);
    } catch (error) {
      fill(place, failure(error, show));
    }
  };
  await show();
}

function history(runs, id, open) {
  const pick = select(runs.map((run) => [run.run_id, `${run.model_name} · ${t(run.state)} · ${time(run.created_at ?? run.started_at)}`]), id);
  pick.addEventListener("change", () => open(pick.value));
  return field(t("Run"), pick);
}

function startForm(datasets, begun, folded) {
  if (!datasets.length) return empty(t("Training needs a dataset. Make one in the first tab."));
  const dataset = field(t("Dataset"), select(datasets.map((one) => [one.dataset_id, one.name]), parameters().dataset));
  const name = field(t("Name of the voice"), h("input", { required: true, maxlength: 64 }));
  const preset = field(t("Preset"), select([["quick", t("Quick: to hear whether it is worth it")], ["balanced", t("Balanced: as fits the dataset")], ["thorough", t("Thorough: as long as it gains")]], "balanced"));
  const engine = field(t("Engine"), select([["kiskadee", t("Embedded: minutes, any machine")], ["xtts", t("XTTS: copies the voice, wants a GPU")]], "kiskadee"));
  const more = advanced();
  const estimate = h("div", { "aria-live": "polite" });
  const out = h("div");
  const act = h("button", { class: "primary" }, t("Start training"));
  const body = () => ({
    model_name: name.control.value.trim() || "estimate", dataset: dataset.control.value, engine: engine.control.value, ...PRESETS[preset.control.value], ...more.values(),
  });
  const reckon = () => post("/training/start", { ...body(), dry_run: true }).then((answer) => fill(estimate, estimateOf(answer))).catch((error) => fill(estimate, failure(error)));
  [dataset, preset, engine].forEach((one) => one.control.addEventListener("change", reckon));
  more.element.addEventListener("change", reckon);
  reckon();
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => begun((await post("/training/start", body(), { key: newKey() })).run_id));
  };
  const form = h("form", { class: "stack", on: { submit } }, h("div", { class: "row end" }, dataset, name), h("div", { class: "row end" }, preset, engine), more.element, estimate, out, h("div", {}, act));
  return folded ? h("details", {}, h("summary", {}, t("Start a run")), form) : [h("h2", {}, t("Start a run")), form];
}

const KNOBS = [["epochs", "Epochs"], ["batch_size", "Batch"], ["learning_rate", "Learning rate"], ["seed", "Seed"]];

function advanced() {
  const knobs = KNOBS.map(([id, label]) => [id, field(t(label), h("input", { type: "number", step: "any", min: 0 }))]);
  return {
    element: h("details", {}, h("summary", {}, t("Settings")), h("p", { class: "hint" }, t("Left empty, they follow the size of the dataset.")), h("div", { class: "row end" }, knobs.map(([, one]) => one))),
    values: () => Object.fromEntries(knobs.filter(([, one]) => one.control.value !== "").map(([id, one]) => [id, Number(one.control.value)])),
  };
}

function estimateOf({ estimate = {}, warnings = [] }) {
  return [h("dl", { class: "figures" }, [
    [t("Steps"), number(estimate.steps)], [t("About"), duration(estimate.seconds)], [t("Memory"), bytes(estimate.memory_bytes)], [t("Device"), estimate.device ?? "–"],
  ].map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value)))), warnings.length ? notice("warn", h("ul", {}, warnings.map((one) => h("li", {}, one.message ?? one)))) : null];
}

/** Asks whether what a run has reached is to be kept. */
export function askToStop(runId, after) {
  dialog(t("Stop the run?"), (close) => {
    const out = h("div");
    const act = (label, discard, kind) => {
      const trigger = button(label, () => busy(trigger, out, async () => {
        await post("/training/stop", { run_id: runId, discard }, { key: newKey() });
        close();
        after();
      }), { kind });
      return trigger;
    };
    return [h("p", {}, t("It ends after the step that it is in. Kept, it can go on later from there, and be listened to.")), out,
      h("div", { class: "row" }, act(t("Stop and keep"), false, "primary"), act(t("Stop and discard"), true, "danger"), button(t("Let it run"), close))];
  });
}

export const checkpointsOf = (runId) => get(query("/training/checkpoints", { run_id: runId, limit: 100 }));
