// What a dataset is worth: what keeps a run from beginning on top, then figures, then advice.
import { button, figures, notice } from "../shared/components.js";
import { h } from "../shared/dom.js";
import { duration, number, t } from "../shared/messages.js";
import { said } from "./said.js";
import { ENOUGH, REASONS } from "./words.js";

/** `onReason(reason)` shows the segments that were rejected for it. */
export function report(stats, onReady, onReason) {
  const { blockers, advice, rejected } = stats;
  return h("div", { class: "stack" }, h("h2", {}, stats.name),
    blockers.length ? notice("warn", h("h3", {}, t("Before training")), list(blockers)) : null,
    stats.ready ? notice("good", h("div", { class: "row spread" }, h("span", {}, t("Ready to be trained with.")),
      button(t("Go to training"), onReady, { kind: "primary", "data-name": "ready" }))) : null,
    figuresOf(stats),
    Object.keys(rejected).length ? h("p", { class: "row", role: "group", "aria-label": t("Rejected for") }, t("Rejected:"), Object.entries(rejected).map(([reason, n]) =>
      button(`${REASONS[reason] ?? reason} ${number(n)}`, () => onReason(reason), { kind: "tiny", "data-name": reason }))) : null,
    advice.length ? h("details", { open: true, "data-name": "advice" }, h("summary", { "data-name": "advice title" }, t("Advice ({n})", { n: advice.length })), list(advice)) : null);
}

function figuresOf({ files, segments, seconds, transcripts, snr_db: noise, loudness_lufs: loudness, suffices_for: enough }) {
  const shown = [
    [t("Speech"), duration(seconds.accepted)], [t("Files"), number(files.total)], [t("accepted"), number(segments.accepted)], [t("rejected"), number(segments.rejected)],
    [t("Without words"), number(transcripts.missing)], [t("Speech over noise"), noise ? `${number(noise.median)} dB` : "–"], [t("Loudness"), loudness ? `${number(loudness.median)} LUFS` : "–"],
    [t("Enough for"), ENOUGH[enough.at(-1)] ?? "–"],
  ];
  return figures(shown);
}

const list = (items) => h("ul", {}, items.map((item) => h("li", {}, said(item))));
