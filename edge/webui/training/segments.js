// The segments: heard, corrected and judged one after the other, by keyboard alone where that is liked.
import { badge, busy, button, empty, field, select } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { pagedTable } from "../shared/list.js";
import { duration, number, t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { fetched, outlineWhenSeen, playButton } from "../shared/sound.js";
import { editSegment, editSegments, inDataset, resultOf } from "./calls.js";
import { boundsDialog } from "./bounds.js";
import { onRowFocus, onRowKey, onTextKey } from "./keys.js";
import { REASONS } from "./words.js";

const SORTS = [["position", t("as recorded")], ["snr_db", t("the noisiest first")], ["alignment_score", t("the worst fit first")], ["seconds", t("the shortest first")]];

/** `refresh()` of the element loads the page anew, `filter({segments, reason})` shows others. */
export function segmentTable(dataset, onChange, signal) {
  const state = select([["", t("All")], ["accepted", t("accepted")], ["rejected", t("rejected")], ["pending", t("waiting for words")]], parameters().segments ?? "");
  const reason = select([["", t("Any reason")], ...Object.entries(REASONS)], parameters().reason ?? "");
  const sort = select(SORTS, parameters().sort ?? "position");
  const place = h("div");
  let list;
  const show = () => {
    remember({ segments: state.value, reason: reason.value, sort: sort.value === "position" ? null : sort.value });
    list = tableOf(dataset, { state: state.value, reason: reason.value, sort: sort.value }, onChange, signal);
    fill(place, list);
  };
  [state, reason, sort].forEach((one) => one.addEventListener("change", show));
  const element = h("div", { class: "stack" }, h("div", { class: "row end" }, field(t("State"), state), field(t("Reason"), reason), field(t("Order"), sort)),
    h("p", { class: "hint" }, t("On a row: space plays, Enter goes to the next, X rejects or takes back, B moves its edges, E goes into the text. In a text: Enter keeps it and goes to the next, Ctrl+Space plays, Escape leaves.")), place);
  element.refresh = () => list.refresh();
  element.filter = (wanted) => {
    state.value = wanted.segments;
    reason.value = wanted.reason;
    show();
    element.scrollIntoView();
    reason.focus();
  };
  show();
  return element;
}

function tableOf(dataset, filter, onChange, signal) {
  let page;
  const several = h("div");
  const list = pagedTable({
    caption: t("Segments"),
    load: async (cursor) => {
      const answer = await inDataset({ dataset, kind: "segments", limit: 20, cursor, ...filter });
      page = answer.items;
      return answer;
    },
    none: empty(filter.state || filter.reason ? t("No segment is like that.") : t("No segments. Bring recordings above, then cut them into sentences.")),
    columns: [
      [t("Sound"), sound, "tight"],
      [t("Length"), (segment) => edges(segment, () => list.refresh(), onChange, signal), "tight"],
      [t("Text"), (segment) => editor(segment, onChange)],
      [t("Noise"), (segment) => (segment.snr_db == null ? "–" : `${number(segment.snr_db)} dB`), "number"],
      [t("State"), (segment) => judgement(segment, onChange)],
    ],
    // The tabulator stops at one row alone; from there arrows and Enter go on.
    rowProps: (segment) => ({ "data-segment": segment.segment_id, tabindex: segment === page[0] ? "0" : "-1", on: { keydown: onRowKey, focus: onRowFocus } }),
    onPage: () => fill(several, together(dataset, filter, page, list, onChange)),
  });
  const element = h("div", { class: "stack" }, several, list);
  element.refresh = () => list.refresh();
  return element;
}

const nameOf = (segment) => t("segment at {at}", { at: duration(segment.start_seconds) });

function sound(segment) {
  segment.bytes = fetched(segment.audio_url);
  return h("div", { class: "row" }, playButton(segment.bytes, nameOf(segment)), outlineWhenSeen(segment.bytes));
}

/** How long it lasts, and the way to change that. The sound is another one then, so that the page of the table is loaded anew. */
function edges(segment, reload, onChange, signal) {
  const save = async (body, told) => {
    const begun = await editSegment(segment.segment_id, body);
    // A job cuts it out of its recording again.
    if (begun.job_id) await resultOf(begun, ({ progress }) => told(`${t("Being made …")} ${number(progress ?? 0)} %`), signal);
    await reload();
    onChange();
  };
  const back = () => document.querySelector(`[data-segment="${segment.segment_id}"]`)?.focus();
  const act = button([t("Edges"), h("span", { class: "hidden-text" }, ` ${nameOf(segment)}`)],
    () => boundsDialog(segment, { bytes: segment.bytes, wave: outlineWhenSeen(segment.bytes), save, back }), { kind: "tiny", "data-act": "edges" });
  return h("div", { class: "row" }, h("span", { class: "number" }, duration(segment.end_seconds - segment.start_seconds)), act);
}

/** All segments of the page at once, where they were sought for what is wrong with them. */
function together(dataset, filter, page, list, onChange) {
  if (!page.length || !(filter.reason || filter.state)) return null;
  const out = h("div");
  const act = (label, state) => {
    const trigger = button(label, () => busy(trigger, out, async () => {
      await editSegments(dataset, page.map(({ segment_id }) => ({ segment_id, state })));
      list.refresh();
      onChange();
    }), { kind: "tiny" });
    return trigger;
  };
  return h("div", { class: "row" }, filter.state === "rejected" ? null : act(t("Reject these {n}", { n: page.length }), "rejected"),
    filter.state === "accepted" ? null : act(t("Take these {n} back", { n: page.length }), "accepted"), out);
}

/** Changes a segment, and shows what it is afterwards, which follows from more than was asked. */
async function change(segment, body, onChange) {
  Object.assign(segment, await editSegment(segment.segment_id, body));
  segment.drawn();
  onChange();
}

function editor(segment, onChange) {
  const out = h("div");
  const text = h("textarea", { rows: 2, class: "words", "aria-label": t("Text of the segment at {at}", { at: duration(segment.start_seconds) }), value: segment.text ?? "" });
  const save = () => text.value.trim() === (segment.text ?? "") || busy(text, out, () => change(segment, { text: text.value.trim() }, onChange));
  text.addEventListener("change", save);
  text.addEventListener("keydown", (event) => onTextKey(event, save));
  return h("div", { class: "wide" }, text, out);
}

function judgement(segment, onChange) {
  const out = h("div");
  const shown = h("span");
  segment.drawn = () => {
    const label = segment.state === "rejected" ? t("Take back") : t("Reject");
    fill(shown, badge(segment.state), " ", segment.reasons.map((one) => h("span", { class: "small" }, `${REASONS[one] ?? one} `)));
    fill(act, label, h("span", { class: "hidden-text" }, ` ${nameOf(segment)}`));
  };
  const act = button("", () => busy(act, out, () => change(segment, { state: segment.state === "rejected" ? "accepted" : "rejected" }, onChange)), { kind: "tiny", "data-act": "judge" });
  segment.drawn();
  return h("div", { class: "row" }, shown, act, out);
}
