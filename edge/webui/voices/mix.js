// A voice between others: two to eight of one engine, each with its share; heard first, then kept.
import { get, newKey, post } from "../shared/api.js";
import { busy, button, dialog, failure, field, notice, select, tell, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { followJob } from "../shared/events.js";
import { number, t } from "../shared/messages.js";
import { blob } from "../shared/api.js";
import { player } from "../shared/sound.js";
import { languageName, voices } from "../shared/voices.js";

const MOST = 8;

/** Shares in percent that make a hundred, however they are rounded. */
export function percents(weights) {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum > 0 ? weights.map((weight) => Math.round((100 * weight) / sum)) : weights.map(() => 0);
}

export function mixDialog(onMade) {
  const stopper = new AbortController();
  const place = h("div", {}, waiting());
  const element = dialog(t("Mix voices"), (close) => {
    voices({ engine: "kiskadee" }).then((all) => fill(place, mixForm(all.filter((voice) => voice.ready), close, onMade, stopper.signal)))
      .catch((error) => fill(place, failure(error)));
    return place;
  });
  element.addEventListener("close", () => stopper.abort());
}

function mixForm(all, close, onMade, signal) {
  if (all.length < 2) return [notice("warn", t("A mix needs two voices.")), button(t("Close"), close)];
  const rows = h("div", { class: "stack" });
  const parts = [];
  const tags = [...new Set(all.flatMap((voice) => voice.languages))].sort();
  const tongue = field(t("Language"), select(tags.map((tag) => [tag, languageName(tag)]), "en"));
  const text = field(t("Text to hear it with"), h("input", { maxlength: 300, required: true, value: t("This is how the mixed voice sounds.") }));
  const name = field(t("Name, to keep the mix as a voice"), h("input", { maxlength: 64 }));
  const out = h("div");
  const show = () => percents(parts.map((part) => Number(part.weight.value))).forEach((share, at) => fill(parts[at].share, `${number(share)} %`));
  const add = () => {
    parts.push(partRow(all, parts.length, show));
    rows.append(parts.at(-1).element);
    more.disabled = parts.length >= MOST;
    show();
  };
  const more = button(t("One more voice"), add, { kind: "tiny" });
  add();
  add();
  const make = (trigger, keep) => busy(trigger, out, async () => {
    if (keep && !name.control.value.trim()) return name.complain(t("Give the mix a name."));
    name.complain();
    await mix({ parts, text, tongue, name: keep ? name.control.value.trim() : undefined }, out, signal);
    if (keep) {
      onMade();
      close();
    }
  });
  const hear = button(t("Hear it"), () => make(hear, false), { kind: "primary" });
  const keep = button(t("Keep it as a voice"), () => make(keep, true));
  return h("div", { class: "stack" }, rows, h("div", {}, more), tongue, text, name, out, h("div", { class: "row" }, hear, keep, button(t("Close"), close)));
}

function partRow(all, at, onChange) {
  const voice = select(all.map((one) => [one.voice_id, one.name]), all[at % all.length].voice_id);
  const weight = h("input", { type: "range", min: 0, max: 100, value: 50, on: { input: onChange } });
  const share = h("output", {});
  const weightField = field(t("Share"), weight);
  weightField.querySelector("label").append(" ", share);
  return { element: h("div", { class: "row end" }, field(t("Voice {n}", { n: at + 1 }), voice), weightField), voice, weight, share };
}

async function mix({ parts, text, tongue, name }, out, signal) {
  const answer = await post("/api/v1/advanced/voice-morphing", {
    voice_ids: parts.map((part) => part.voice.value), weights: parts.map((part) => Number(part.weight.value)),
    text: text.control.value, language: tongue.control.value, ...(name && { save_as: name }),
  }, { key: newKey() });
  const job = await followJob(answer.job_id, () => tell(out, t("Being made …")), signal, get);
  if (job.status !== "completed") throw new Error(job.error?.message ?? t(job.status));
  const audio = player(await blob(job.result.audio_url), t("The mix"));
  fill(out, audio);
  audio.play().catch(() => {});
}
