// Sentences that have all sounds of a language, read aloud one after the other.
import { busy, button, empty, failure, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { number, t } from "../shared/messages.js";
import { recorderPanel } from "../shared/recorder.js";
import { inDataset, prompts, resultOf, sendFiles } from "./calls.js";

const SENTENCES = 100;
const LONGEST_SECONDS = 30;

export async function promptsPanel(panel, dataset, refresh, signal) {
  const place = panel.appendChild(h("div", { class: "stack" }, waiting()));
  try {
    const [{ items }, read] = await Promise.all([prompts(dataset.language, SENTENCES), readBefore(dataset.dataset_id)]);
    const left = items.filter((text) => !read.has(text));
    if (left.length) reader(panel, place, dataset, { items, left }, refresh, signal);
    else fill(place, empty(t("All sentences have been read.")));
  } catch (error) {
    fill(place, failure(error));
  }
}

/** What was read aloud for the dataset, on other days too. */
async function readBefore(dataset) {
  const texts = new Set();
  let cursor;
  do {
    const page = await inDataset({ dataset, kind: "files", limit: 100, cursor });
    page.items.filter((file) => file.text_source === "prompts" && file.state !== "refused").forEach((file) => texts.add(file.text));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return texts;
}

function reader(panel, place, dataset, { items, left }, refresh, signal) {
  let take;
  let recorder;
  const sentence = h("p", { class: "prompt", lang: dataset.language });
  const counted = h("p", { class: "quiet" });
  const slot = h("div");
  const out = h("div");
  const quit = () => recorder?.quit();
  const next = () => {
    quit();
    take = undefined;
    keep.disabled = true;
    if (!left.length) return fill(place, empty(t("All sentences have been read.")));
    fill(sentence, left[0]);
    fill(counted, t("{n} of {all} sentences are read.", { n: number(items.length - left.length), all: number(items.length) }));
    recorder = recorderPanel((made) => {
      take = made;
      keep.disabled = !made;
    }, { longest: LONGEST_SECONDS });
    return fill(slot, recorder);
  };
  const keep = button(t("Keep it and go on"), () => busy(keep, out, async () => {
    const form = new FormData();
    form.append("dataset", dataset.dataset_id);
    form.append("text", left[0]);
    form.append("file", take.blob, `prompt.${take.blob.type.split("/")[1] ?? "webm"}`);
    const answer = await sendFiles(form, signal);
    left.shift();
    next();
    slot.querySelector("button")?.focus();
    judged(answer, out, refresh, signal);
  }), { kind: "primary", disabled: true });
  const skip = button(t("Another sentence"), () => {
    left.push(left.shift());
    next();
  });
  panel.addEventListener("leave", quit, { once: true });
  signal.addEventListener("abort", quit, { once: true });
  fill(place, counted, sentence, slot, out, h("div", { class: "row" }, keep, skip));
  next();
}

/** The next sentence is read meanwhile; only what was wrong with the last is told. */
async function judged(answer, out, refresh, signal) {
  try {
    const { refused } = await resultOf(answer, () => {}, signal);
    if (refused?.length) throw new Error(refused.map(({ reason }) => reason).join(" "));
    await refresh(false);
  } catch (error) {
    if (error.name !== "AbortError") fill(out, failure(error));
  }
}
