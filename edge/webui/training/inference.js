// What a run has made: heard, compared blind, promoted to a voice, and taken back.
import { get, newKey, post, send } from "../shared/api.js";
import { busy, button, empty, failure, field, notice, select, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { followJob } from "../shared/events.js";
import { bytes, number, t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { player } from "../shared/sound.js";
import { compareForm } from "./compare.js";
import { checkpointsOf } from "./runs.js";

export async function inferenceTab(panel) {
  const place = panel.appendChild(h("div", { class: "stack" }, waiting()));
  const stopper = new AbortController();
  panel.addEventListener("leave", () => stopper.abort(), { once: true });
  const show = async () => {
    try {
      const { items: runs } = await get("/training/runs?limit=50");
      const run = runs.find((one) => one.run_id === parameters().run) ?? runs[0];
      if (!run) return fill(place, empty(t("Nothing was trained yet. Start a run in the second tab.")));
      remember({ run: run.run_id });
      const { items } = await checkpointsOf(run.run_id);
      fill(place, runChoice(runs, run, show), items.length ? sections(run, items, stopper.signal, show) : empty(t("This run has no checkpoint yet.")));
    } catch (error) {
      fill(place, failure(error, show));
    }
  };
  await show();
}

function runChoice(runs, run, show) {
  const pick = select(runs.map((one) => [one.run_id, one.model_name]), run.run_id);
  pick.addEventListener("change", () => {
    remember({ run: pick.value, checkpoint: null });
    show();
  });
  return field(t("Run"), pick);
}

function sections(run, checkpoints, signal, show) {
  const best = checkpoints.find((one) => one.kept?.includes("best")) ?? checkpoints[0];
  const chosen = checkpoints.some((one) => one.checkpoint_id === parameters().checkpoint) ? parameters().checkpoint : best.checkpoint_id;
  const pick = select(checkpoints.map((one) => [one.checkpoint_id, nameOf(one)]), chosen);
  pick.addEventListener("change", () => remember({ checkpoint: pick.value }));
  return [
    h("section", { class: "card stack" }, h("h2", {}, t("Listen")), field(t("Checkpoint"), pick), listenForm(pick)),
    h("section", { class: "card stack" }, h("h2", {}, t("Make it a voice")), promoteForm(run, pick, signal, show)),
    h("section", { class: "card stack" }, h("h2", {}, t("Compare blind")), compareForm(checkpoints.map((one) => [one.checkpoint_id, nameOf(one)]), pick, signal)),
  ];
}

function nameOf(one) {
  return [t("step {n}", { n: number(one.step) }), t("evaluation {loss}", { loss: number(one.evaluation_loss, 4) }), bytes(one.bytes), ...(one.kept ?? []).map((why) => t(why))].join(" · ");
}

function listenForm(pick) {
  const text = field(t("Text"), h("textarea", { rows: 3, required: true, maxlength: 1000, value: t("Good morning. This voice is made here, while you listen.") }));
  const out = h("div");
  const act = h("button", { class: "primary" }, "▶ ", t("Speak"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      fill(out, waiting(t("Being made …")));
      const body = { checkpoint_id: pick.value, text: text.control.value, response_format: "wav" };
      const audio = player(await send("POST", "/training/inference/synthesize", { body, as: (response) => response.blob() }), t("The checkpoint's voice"));
      fill(out, audio);
      audio.play().catch(() => {});
    });
  };
  return h("form", { class: "stack", on: { submit } }, text, out, h("div", {}, act));
}

function promoteForm(run, pick, signal, show) {
  const name = field(t("Name of the voice"), h("input", { required: true, maxlength: 64, value: run.model_name }));
  const into = field(t("Which voice"), select([["", t("A new voice")]], ""), { hint: t("Of a voice that is there, it becomes the next version; the one before can be taken back.") });
  const out = h("div");
  get("/api/v1/voices?kind=trained&limit=100").then(({ items }) => into.control.append(...items.map((voice) => h("option", { value: voice.voice_id }, voice.name)))).catch((error) => fill(out, failure(error)));
  const act = h("button", { class: "primary" }, t("Make it a voice"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      const whom = into.control.value ? { voice_id: into.control.value } : { name: name.control.value };
      const { job_id: id } = await post("/training/checkpoints/load", { checkpoint_id: pick.value, ...whom, make_current: true }, { key: newKey() });
      const job = await followJob(id, ({ status }) => fill(out, waiting(t(status))), signal, get);
      if (job.status !== "completed") throw new Error(job.error?.message ?? t(job.status));
      fill(out, promoted(job.result, show));
    });
  };
  return h("form", { class: "stack", on: { submit } }, h("div", { class: "row end" }, into, name), out, h("div", {}, act));
}

function promoted({ voice_id: voice, version, previous_version: before }, show) {
  const out = h("div");
  const back = button(t("Take it back"), () => busy(back, out, async () => {
    await post(`/training/voices/${voice}/rollback`, { version: before }, { key: newKey() });
    show();
  }));
  return notice("good", h("p", {}, t("It speaks as version {n} of the voice.", { n: version })), h("div", { class: "row" }, h("a", { class: "button", href: "/webui/voices?kind=trained" }, t("To the voices")), before ? back : null), out);
}
