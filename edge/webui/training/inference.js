// What a run has made: heard, compared blind, made a voice, and taken back.
import { blob } from "../shared/api.js";
import { announce, busy, button, empty, failure, field, notice, select, tell, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { number, t, time } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { player, save } from "../shared/sound.js";
import { voices } from "../shared/voices.js";
import { checkpointsOf, load, resultOf, runs, speakWith, weightsOf } from "./calls.js";
import { checkpointChoice, distance } from "./checkpoints.js";
import { compareForm } from "./compare.js";
import { versions } from "./versions.js";
import { meant } from "./told.js";
import { KEPT } from "./words.js";

/** `toTraining()` leads to the tab before. */
export async function inferenceTab(panel, toTraining) {
  const place = panel.appendChild(h("div", { class: "stack" }, waiting()));
  const stopper = new AbortController();
  panel.addEventListener("leave", () => stopper.abort(), { once: true });
  const show = async () => {
    try {
      const { items } = await runs();
      const run = meant(items, parameters()) ?? items[0];
      if (!run) return fill(place, empty(t("Nothing was trained yet. Start a run in the second tab."), button(t("Go to training"), toTraining, { kind: "primary" })));
      remember({ run: run.run_id, dataset: run.dataset_id });
      const checkpoints = (await checkpointsOf(run.run_id)).items.filter((one) => one.can_speak);
      return fill(place, choice(items, run, show), checkpoints.length ? sections(run, checkpoints, stopper.signal) : empty(t("This run has no checkpoint that can speak yet.")));
    } catch (error) {
      return fill(place, failure(error, show));
    }
  };
  await show();
}

function choice(items, run, show) {
  const pick = select(items.map((one) => [one.run_id, `${one.model_name} · ${t(one.state)} · ${time(one.created_at)}`]), run.run_id);
  pick.addEventListener("change", () => {
    remember({ run: pick.value, dataset: items.find((one) => one.run_id === pick.value).dataset_id, checkpoint: null, comparison: null });
    show();
  });
  return field(t("Run"), pick);
}

function sections(run, checkpoints, signal) {
  const best = checkpoints.find((one) => one.kept.includes("best")) ?? checkpoints[0];
  const names = checkpoints.map((one) => [one.checkpoint_id, nameOf(one, run.engine)]);
  const chosen = names.some(([id]) => id === parameters().checkpoint) ? parameters().checkpoint : best.checkpoint_id;
  const pick = checkpointChoice(run, checkpoints, chosen, (checkpoint) => remember({ checkpoint }));
  const made = versions(checkpoints.map((one) => one.voice?.voice_id).filter(Boolean));
  return [
    h("section", { class: "card stack" }, h("h2", {}, t("Checkpoints")), h("p", { class: "hint" }, t("The one that is chosen here is heard, made a voice and compared below.")), pick),
    h("section", { class: "card stack" }, h("h2", {}, t("Listen")), listenForm(pick, signal)),
    h("section", { class: "card stack" }, h("h2", {}, t("Make it a voice")), promoteForm(run, pick, signal, made), made),
    h("section", { class: "card stack" }, h("h2", {}, t("Compare blind")), compareForm(names, pick, signal)),
  ];
}

function nameOf(one, engine) {
  const told = one.evaluation_loss == null ? [] : [distance(one.evaluation_loss, engine)];
  return [t("step {n}", { n: number(one.step) }), ...told, ...one.kept.map((why) => KEPT[why] ?? why)].join(" · ");
}

function listenForm(pick, signal) {
  const text = field(t("Text"), h("textarea", { rows: 3, class: "words", required: true, maxlength: 1000, value: t("Good morning. This voice is made here, while you listen.") }));
  const out = h("div");
  const act = h("button", { class: "primary" }, "▶ ", t("Speak"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      tell(out, t("Being made …"));
      const begun = await speakWith({ checkpoint_id: pick.value, text: text.control.value, response_format: "wav" });
      await resultOf(begun, () => {}, signal);
      const audio = player(await blob(begun.audio_url), t("The checkpoint's voice"));
      fill(out, audio);
      audio.play().catch(() => {});
    });
  };
  const weights = button(t("Download its weights"), () => busy(weights, out, async () => save(await blob(weightsOf(pick.value)), `${pick.value}.safetensors`)));
  return h("form", { class: "stack", on: { submit } }, text, out, h("div", { class: "row" }, act, weights));
}

function promoteForm(run, pick, signal, made) {
  const name = field(t("Name of the voice"), h("input", { required: true, maxlength: 64, value: run.model_name }));
  const into = field(t("Which voice"), select([["", t("A new voice")]], ""), { hint: t("Of a voice that is there, it becomes the next version; the one before can be taken back.") });
  const out = h("div");
  const offer = () => voices({ kind: "trained" }).then((all) => {
    const kept = into.control.value;
    fill(into.control, h("option", { value: "" }, t("A new voice")), all.map((voice) => h("option", { value: voice.voice_id }, voice.name)));
    into.control.value = kept;
  }).catch((error) => fill(out, failure(error)));
  into.control.addEventListener("change", () => {
    name.hidden = into.control.value !== "";
    name.control.required = !name.hidden;
  });
  offer();
  const act = h("button", { class: "primary" }, t("Make it a voice"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      const whom = into.control.value ? { voice_id: into.control.value } : { name: name.control.value.trim() };
      const result = await resultOf(await load({ checkpoint_id: pick.value, ...whom, make_current: true }), () => tell(out, t("It is being heard before anybody else hears it …")), signal);
      fill(out, notice("good", t("It speaks as version {n} of the voice.", { n: result.version })));
      announce(out.innerText, true);
      made.add(result.voice_id);
      offer();
    });
  };
  return h("form", { class: "stack", on: { submit } }, h("div", { class: "row top" }, into, name), out, h("div", {}, act));
}
