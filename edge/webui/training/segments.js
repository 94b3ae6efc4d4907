// The segments: heard, corrected and judged one after the other, by keyboard alone where that is liked.
import { get, patch, query } from "../shared/api.js";
import { badge, busy, button, empty, field, select } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { pagedTable } from "../shared/list.js";
import { duration, number, t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { playButton } from "../shared/sound.js";

const REASONS = ["too_short", "too_long", "clipped", "noisy", "silent", "two_speakers", "music", "no_text", "text_too_long", "rate_odd", "language_odd", "duplicate", "misaligned"];

export function segmentTable(datasetId, onChange) {
  const state = select([["", t("All")], ["accepted", t("accepted")], ["rejected", t("rejected")], ["pending", t("pending")]], parameters().state ?? "");
  const reason = select([["", t("Any reason")], ...REASONS.map((one) => [one, t(one)])], parameters().reason ?? "");
  const place = h("div");
  let list;
  const show = () => {
    remember({ state: state.value, reason: reason.value });
    list = tableOf(datasetId, { state: state.value, reason: reason.value }, onChange);
    fill(place, list);
  };
  [state, reason].forEach((one) => one.addEventListener("change", show));
  const element = h("div", { class: "stack" }, h("div", { class: "row end" }, field(t("State"), state), field(t("Rejected for"), reason)),
    h("p", { class: "hint" }, t("In a text: Ctrl+Space plays, Enter saves and goes on, Ctrl+X with nothing marked rejects or takes back.")), place);
  element.refresh = () => list.refresh();
  show();
  return element;
}

function tableOf(dataset, filter, onChange) {
  return pagedTable({
    caption: t("Segments"),
    load: (cursor) => get(query("/training/dataset/files", { dataset, kind: "segments", limit: 20, cursor, ...filter })),
    none: empty(t("No segments. Bring recordings above, then cut them into sentences.")),
    columns: [
      [t("Sound"), (segment) => (segment.audio_url ? playButton(segment.audio_url, t("segment at {at}", { at: duration(segment.start_seconds) })) : "–")],
      [t("Length"), (segment) => duration(segment.end_seconds - segment.start_seconds)],
      [t("Text"), (segment) => editor(segment, onChange)],
      [t("Fit"), (segment) => number(segment.alignment_score, 2), "number"],
      [t("State"), (segment) => verdict(segment, onChange)],
    ],
  });
}

function editor(segment, onChange) {
  const out = h("div");
  const text = h("textarea", { rows: 2, style: "min-height: 3.5rem; min-width: 12rem", "aria-label": t("Text of the segment at {at}", { at: duration(segment.start_seconds) }), value: segment.text ?? "" });
  const save = () => text.value.trim() === (segment.text ?? "") || busy(text, out, async () => {
    segment.text = text.value.trim();
    await patch(`/training/dataset/segments/${segment.segment_id}`, { text: segment.text });
    onChange();
  });
  text.addEventListener("change", save);
  text.addEventListener("keydown", (event) => onKey(event, text, save));
  return h("div", {}, text, out);
}

function onKey(event, text, save) {
  const row = text.closest("tr");
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    save();
    row.nextElementSibling?.querySelector("textarea")?.focus();
  } else if (event.key === " " && event.ctrlKey) {
    event.preventDefault();
    row.querySelector("button")?.click();
  } else if (event.key === "x" && event.ctrlKey && text.selectionStart === text.selectionEnd) {
    event.preventDefault();
    row.querySelector("[data-verdict]")?.click();
  }
}

function verdict(segment, onChange) {
  const out = h("div");
  const shown = h("span");
  const show = () => {
    fill(shown, badge(segment.state), " ", (segment.reasons ?? []).map((one) => h("span", { class: "small" }, `${t(one)} `)));
    fill(act, segment.state === "rejected" ? t("Take back") : t("Reject"));
  };
  const act = button("", () => busy(act, out, async () => {
    const state = segment.state === "rejected" ? "accepted" : "rejected";
    await patch(`/training/dataset/segments/${segment.segment_id}`, { state });
    Object.assign(segment, { state, reasons: state === "accepted" ? [] : segment.reasons });
    show();
    onChange();
  }), { kind: "tiny", "data-verdict": true });
  show();
  return h("div", { class: "row" }, shown, act, out);
}
