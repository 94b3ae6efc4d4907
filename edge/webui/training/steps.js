// The steps from recordings to segments with words, as a line with what is done, and the job that is under way.
import { ApiError } from "../shared/api.js";
import { announce, bar, button, failure, notice } from "../shared/components.js";
import { fill, h, redraw } from "../shared/dom.js";
import { duration, number, t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { cutDialog, wordsDialog } from "./again.js";
import { cut, resultOf, writeDown } from "./calls.js";
import { STEPS } from "./words.js";

const PAUSE_MS = 3000;

/** `show(stats)` of the element draws it; `refresh()` is called when a step has begun or ended. */
export function stepLine(dataset, signal, refresh) {
  const element = h("div", { class: "stack" });
  const line = h("div");
  const under = h("div");
  const out = h("div");
  let followed;
  const begin = async (call) => {
    fill(out);
    try {
      await call(dataset);
    } catch (error) {
      fill(out, wordless(error) ?? failure(error));
    }
    await refresh();
  };
  // Cutting goes before words: what is to follow stands in the address, so that a reload does not lose it.
  const prepare = (settings) => begin(async (id) => {
    await cut(id, settings);
    remember({ next: "words" });
  });
  const words = (settings) => begin((id) => writeDown(id, settings));
  const follow = async (step) => {
    if (followed === step.job_id) return;
    followed = step.job_id;
    const label = STEPS[step.name] ?? step.name;
    fill(under, underWay(label, 0));
    let lost = false;
    await resultOf(step, ({ progress }) => {
      fill(under, underWay(label, progress ?? 0));
      announce(`${label}: ${number(progress ?? 0)} %`);
    }, signal).catch((error) => {
      if (error.name === "AbortError") return;
      lost = true;
      fill(out, failure(error));
    });
    if (signal.aborted) return;
    fill(under);
    // Where it was not heard to its end it is followed again, but not at once.
    followed = undefined;
    if (lost) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    await refresh();
  };
  element.append(line, under, out);
  element.show = (stats) => {
    redraw(line, drawn(stats, { prepare: () => prepare(), cut: () => cutDialog(prepare), words: () => wordsDialog(words) }));
    if (stats.step) follow(stats.step);
    else if (parameters().next === "words" && wordsCanFollow(stats)) words();
    if (!stats.step) remember({ next: null });
  };
  return element;
}

const underWay = (label, percent) => h("div", {}, h("p", { class: "loading" }, `${label} … ${number(percent)} %`), bar(label, percent));

const total = ({ accepted, rejected, pending }) => accepted + rejected + pending;

function wordsCanFollow({ last_step: last, segments }) {
  return last?.name === "segment" && last.outcome === "completed" && total(segments) > 0;
}

/** Where no words came along, and nobody here can write them down; undefined of other errors. */
function wordless(error) {
  const source = error instanceof ApiError && error.status === 422 && error.errors.some((one) => one.field === "source" || one.field === "model");
  return source ? notice("warn", t("The recordings came without words, and nothing here writes them down. Write them below, read sentences aloud, or bring a ZIP with words; an operator can import a Whisper model.")) : undefined;
}

function drawn(stats, act) {
  const { files, segments, transcripts, step } = stats;
  const all = total(segments);
  const ready = files.ready + files.pending;
  const tiny = (name, label, does) => (step ? null : button(label, does, { kind: "tiny", "data-name": name }));
  const written = all - transcripts.missing;
  return h("div", { class: "stack" },
    ready && !all && !step ? h("div", {}, button(t("Cut them and take their words"), act.prepare, { kind: "primary", "data-name": "prepare" })) : null,
    h("ol", { class: "steps" },
      item(t("1. Gather"), t("{n} recordings", { n: number(ready) }), ready > 0, { now: !ready }),
      item(t("2. Cut into sentences"), t("{n} segments", { n: number(all) }), all > 0, { now: ready && !all, action: all ? tiny("cut", t("Cut again"), act.cut) : null }),
      item(t("3. Take the words"), t("{n} with words", { n: number(written) }), all > 0 && written >= all, { now: all && written < all, action: all ? tiny("words", t("Take them"), act.words) : null }),
      item(t("4. Look through"), stats.ready ? t("{length} of speech is ready", { length: duration(stats.seconds.accepted) }) : all ? t("Correct what is wrong below.") : "–", stats.ready, { now: all > 0 && !stats.ready })),
    stats.last_step?.outcome === "failed" && !step ? notice("bad", `${STEPS[stats.last_step.name]}: ${stats.last_step.error ?? t("failed")}`) : null);
}

function item(title, text, done, { now, action }) {
  return h("li", { class: done ? "done" : now ? "now" : null }, h("h3", {}, title, done ? h("span", { class: "hidden-text" }, ` (${t("done")})`) : null), h("p", { class: "small" }, text), action);
}
