// The dataset: recordings in, cut and written down, looked through, with a report on what is missing.
import { get, newKey, post, query, remove } from "../shared/api.js";
import { announce, badge, busy, button, check, confirm, failure, field, notice, select, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { followJob } from "../shared/events.js";
import { duration, language, number, t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { gather } from "./gather.js";
import { segmentTable } from "./segments.js";

export async function datasetTab(panel, onReady) {
  const place = h("div", { class: "stack" }, waiting());
  panel.append(place);
  const stopper = new AbortController();
  panel.addEventListener("leave", () => stopper.abort(), { once: true });
  const show = async () => {
    try {
      const { items } = await get("/training/datasets?limit=100");
      const chosen = items.find((one) => one.dataset_id === parameters().dataset) ?? items[0];
      if (chosen) remember({ dataset: chosen.dataset_id });
      fill(place, choice(items, chosen, show), chosen ? dataset(chosen, stopper.signal, show, onReady) : null);
    } catch (error) {
      fill(place, failure(error, show));
    }
  };
  await show();
}

function choice(items, chosen, show) {
  const pick = select(items.map((one) => [one.dataset_id, one.name]), chosen?.dataset_id);
  pick.addEventListener("change", () => {
    remember({ dataset: pick.value });
    show();
  });
  const name = field(t("Name of a new dataset"), h("input", { required: true, maxlength: 64 }));
  const tongue = field(t("Language"), select([["en", "English"], ["pt-br", "Português"]], language === "pt" ? "pt-br" : "en"));
  const words = t("I have the right to use these recordings, and their speaker has agreed to a voice of them.");
  const consent = check(words, { required: true });
  const out = h("div");
  const act = h("button", { class: "primary" }, t("Make the dataset"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      const made = await post("/training/datasets", { name: name.control.value, language: tongue.control.value, rights: "own", consent: words }, { key: newKey() });
      remember({ dataset: made.dataset_id });
      await show();
    });
  };
  const form = h("form", { class: "stack", on: { submit } }, h("div", { class: "row end" }, name, tongue), consent, out, h("div", {}, act));
  if (!items.length) return h("section", { class: "card stack" }, h("h2", {}, t("Make your first dataset")), form);
  return h("section", { class: "card stack" }, h("div", { class: "row end" }, field(t("Dataset"), pick), removeButton(chosen, show)), h("details", {}, h("summary", {}, t("Make another")), form));
}

function removeButton(chosen, show) {
  return button(t("Delete"), () => confirm(t("Delete the dataset?"),
    t("“{name}” goes with its recordings, and with the runs, checkpoints and voices that were made of it.", { name: chosen.name }), t("Delete it"), async () => {
      await remove(`/training/datasets/${chosen.dataset_id}?cascade=true`);
      remember({ dataset: null, run: null });
      show();
    }), { kind: "danger" });
}

function dataset(chosen, signal, show, onReady) {
  const report = h("div", {}, waiting());
  const line = h("div");
  const segments = segmentTable(chosen.dataset_id, () => refresh(false));
  const refresh = async (all = true) => {
    try {
      const stats = await get(query("/training/dataset/stats", { dataset: chosen.dataset_id }));
      fill(report, reportOf(stats, onReady));
      fill(line, steps(chosen, stats, signal, refresh));
    } catch (error) {
      fill(report, failure(error, refresh));
    }
    if (all) segments.refresh();
  };
  refresh();
  return [h("section", { class: "card" }, report), h("section", { class: "card stack" }, h("h2", {}, t("Recordings")), gather(chosen, refresh, signal)),
    h("section", { class: "card stack" }, h("h2", {}, t("Steps")), line), h("section", { class: "card stack" }, h("h2", {}, t("Segments")), segments)];
}

const PROBLEMS = ["blockers", "advice"];

function reportOf(stats, onReady) {
  const [blockers, advice] = PROBLEMS.map((name) => stats[name] ?? []);
  const list = (items) => h("ul", {}, items.map((item) => h("li", {}, item.message ?? item)));
  return h("div", { class: "stack" },
    blockers.length ? notice("warn", h("h3", {}, t("Before training")), list(blockers)) : null,
    stats.ready ? notice("good", h("div", { class: "row spread" }, h("span", {}, t("Ready to be trained with.")), button(t("Go to training"), onReady, { kind: "primary" }))) : null,
    h("dl", { class: "figures" }, [
      [t("Files"), number(stats.files)], [t("accepted"), number(stats.segments?.accepted)], [t("rejected"), number(stats.segments?.rejected)],
      [t("Speech"), duration(stats.seconds?.accepted)], [t("Without a text"), number(stats.transcripts?.missing)], [t("Noise distance"), stats.snr_db?.median == null ? "–" : `${number(stats.snr_db.median)} dB`],
    ].map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value)))),
    Object.keys(stats.rejected ?? {}).length ? h("p", { class: "row" }, t("Rejected:"), Object.entries(stats.rejected).map(([reason, n]) => h("span", { class: "badge" }, `${t(reason)} ${n}`))) : null,
    advice.length ? h("details", {}, h("summary", {}, t("Advice ({n})", { n: advice.length })), list(advice)) : null);
}

function steps(chosen, stats, signal, refresh) {
  const all = stats.segments ? stats.segments.accepted + stats.segments.rejected + (stats.segments.pending ?? 0) : 0;
  const written = all - (stats.transcripts?.missing ?? 0);
  return h("ol", { class: "steps" },
    step(t("1. Gather"), t("{n} files", { n: number(stats.files) }), stats.files > 0),
    step(t("2. Cut into sentences"), t("{n} segments", { n: number(all) }), all > 0,
      stats.files ? runButton(all ? t("Cut again") : t("Cut"), "/training/dataset/segment", { dataset: chosen.dataset_id }, signal, refresh) : null),
    step(t("3. Write down"), t("{n} with a text", { n: number(Math.max(0, written)) }), all > 0 && written >= all,
      all ? runButton(t("Write down"), "/training/dataset/transcribe", { dataset: chosen.dataset_id, only: "missing" }, signal, refresh) : null),
    step(t("4. Look through"), stats.ready ? badge("ready") : t("Correct what is wrong below."), Boolean(stats.ready)));
}

function step(title, text, done, action) {
  return h("li", { class: done ? "done" : action ? "now" : null }, h("h3", {}, title, done ? h("span", { class: "hidden-text" }, ` (${t("done")})`) : null), h("p", { class: "small" }, text), action);
}

/** Begins a step and follows it; one that is under way already is followed instead. */
function runButton(label, path, body, signal, refresh) {
  const out = h("div", { class: "small" });
  const act = button(label, () => busy(act, out, async () => {
    const { job_id: id } = await post(path, body, { key: newKey() });
    const job = await followJob(id, ({ progress }) => {
      fill(out, h("p", { class: "loading" }, `${progress ?? 0} %`));
      announce(`${label}: ${progress ?? 0} %`);
    }, signal, get);
    if (signal.aborted) return;
    if (job.status !== "completed") throw new Error(job.error?.message ?? t(job.status));
    await refresh();
  }), { kind: "tiny" });
  return h("div", {}, act, out);
}

