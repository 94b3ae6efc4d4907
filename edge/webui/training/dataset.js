// The dataset: recordings in, cut, with words, looked through, and a report on what is missing.
import { busy, button, check, confirm, failure, field, select, waiting } from "../shared/components.js";
import { fill, h, redraw } from "../shared/dom.js";
import { language, t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { datasets, deleteDataset, makeDataset, statsOf } from "./calls.js";
import { exportForm } from "./export.js";
import { filesTable } from "./files.js";
import { gather } from "./gather.js";
import { report } from "./report.js";
import { segmentTable } from "./segments.js";
import { stepLine } from "./steps.js";

const ASK_MS = 3_000;

export async function datasetTab(panel, onReady) {
  const place = panel.appendChild(h("div", { class: "stack" }, waiting()));
  const stopper = new AbortController();
  panel.addEventListener("leave", () => stopper.abort(), { once: true });
  let shown = new AbortController();
  const show = async () => {
    shown.abort();
    shown = new AbortController();
    try {
      const { items } = await datasets();
      const chosen = items.find((one) => one.dataset_id === parameters().dataset) ?? items[0];
      remember({ dataset: chosen?.dataset_id ?? null });
      fill(place, choice(items, chosen, show), chosen ? oneDataset(chosen, AbortSignal.any([stopper.signal, shown.signal]), onReady) : null);
    } catch (error) {
      fill(place, failure(error, show));
    }
  };
  await show();
}

function choice(items, chosen, show) {
  if (!chosen) return h("section", { class: "card stack" }, h("h2", {}, t("Make your first dataset")), makeForm(show));
  const pick = select(items.map((one) => [one.dataset_id, one.name]), chosen.dataset_id);
  pick.addEventListener("change", () => {
    remember({ dataset: pick.value, segments: null, reason: null, fetching: null });
    show();
  });
  return h("section", { class: "card stack" }, h("div", { class: "row end" }, field(t("Dataset"), pick), removeButton(chosen, show)),
    h("details", {}, h("summary", {}, t("Make another")), makeForm(show)));
}

function makeForm(show) {
  const name = field(t("Name of a new dataset"), h("input", { required: true, maxlength: 64, pattern: "[^\\/\\\\]+" }), { hint: t("As the voice is to be called, for example") });
  const tongue = field(t("Language"), select([["en", "English"], ["pt-BR", "Português"]], language === "pt" ? "pt-BR" : "en"), { hint: t("What is spoken in the recordings") });
  const words = t("I have the right to use these recordings, and their speaker has agreed to a voice of them.");
  const consent = check(words, { required: true });
  const out = h("div");
  const act = h("button", { class: "primary" }, t("Make the dataset"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      const made = await makeDataset({ name: name.control.value.trim(), language: tongue.control.value, rights: "own", consent: words });
      remember({ dataset: made.dataset_id, segments: null, reason: null, fetching: null });
      await show();
      document.querySelector("input[type=file]")?.focus();
    });
  };
  return h("form", { class: "stack", on: { submit } }, h("div", { class: "row top" }, name, tongue), consent, out, h("div", {}, act));
}

function removeButton(chosen, show) {
  return button(t("Delete"), () => confirm(t("Delete the dataset?"),
    t("“{name}” goes with its recordings, and with the runs, checkpoints and voices that were made of it.", { name: chosen.name }), t("Delete it"), async () => {
      await deleteDataset(chosen.dataset_id);
      remember({ dataset: null, run: null, checkpoint: null, comparison: null, segments: null, reason: null, fetching: null });
      show();
    }), { kind: "danger" });
}

/** What is shown follows from what the server says of the dataset, so that a reload shows the same. */
function oneDataset(chosen, signal, onReady) {
  const head = h("section", { class: "card" }, waiting());
  const line = stepLine(chosen.dataset_id, signal, () => refresh());
  const segments = segmentTable(chosen.dataset_id, () => refresh(false), signal);
  const files = filesTable(chosen.dataset_id, () => refresh());
  const byReason = (reason) => segments.filter({ segments: "rejected", reason });
  let timer;
  const refresh = async (all = true) => {
    clearTimeout(timer);
    try {
      const stats = await statsOf(chosen.dataset_id);
      if (signal.aborted) return;
      redraw(head, report(stats, onReady, byReason));
      line.show(stats);
      // Small recordings are looked at by jobs that are no step.
      if (stats.files.pending && !stats.step) timer = setTimeout(() => refresh(false), ASK_MS);
    } catch (error) {
      fill(head, failure(error, refresh));
    }
    if (all) segments.refresh();
    files.refresh();
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  refresh();
  return [head, h("section", { class: "card stack" }, h("h2", {}, t("Recordings")), gather(chosen, refresh, signal), files),
    h("section", { class: "card stack" }, h("h2", {}, t("Steps")), line), h("section", { class: "card stack" }, h("h2", {}, t("Segments")), segments, exportForm(chosen, signal))];
}
