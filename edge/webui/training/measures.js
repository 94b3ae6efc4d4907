// What was measured of two voices that spoke the same text, side by side.
import { h } from "../shared/dom.js";
import { table } from "../shared/list.js";
import { duration, number, t } from "../shared/messages.js";

const MEASURES = [
  ["duration_seconds", () => t("Length"), duration],
  ["f0_median_hz", () => t("Pitch"), (value) => `${number(value)} Hz`],
  ["lufs", () => t("Loudness"), (value) => `${number(value, 1)} LUFS`],
  ["word_error_rate", () => t("Words misheard"), (value) => `${number(100 * value, 1)} %`],
  ["speaker_distance_db", () => t("Distance to the speaker"), (value) => `${number(value, 1)} dB`],
  ["speaker_pitch_cents", () => t("Pitch above the speaker's"), (value) => t("{n} cents", { n: number(value) })],
];

/** A measure as `{value}`, or `{why}` it is missing; undefined where nothing is said of it. */
export function measured(measures, name) {
  const found = measures?.[name];
  if (found === undefined) return undefined;
  return found === null ? { why: measures.unmeasured?.[name] } : { value: found };
}

/** The rows that have a figure on either side, or a reason why there is none. */
export function rowsOf(a, b) {
  return MEASURES.map(([name, label, shown]) => ({ label: label(), shown, a: measured(a, name), b: measured(b, name) }))
    .filter(({ a: one, b: other }) => [one, other].some((side) => side && (side.value != null || side.why)));
}

/** The measures of a pair as a table, with how far the two are apart below it. */
export function measuresOf({ text, a, b, between }) {
  const rows = rowsOf(a.measures, b.measures);
  const cell = (side, shown) => (side?.value != null ? shown(side.value) : side?.why ? h("span", { class: "small" }, `– (${side.why})`) : "–");
  const apart = [
    between?.mcd_db == null ? null : t("{db} dB apart in sound", { db: number(between.mcd_db, 1) }),
    between?.f0_cents == null ? null : t("{n} cents in melody", { n: number(between.f0_cents) }),
  ].filter(Boolean).join("; ");
  return h("div", { class: "stack close small measures" },
    rows.length ? table(t("What was measured of “{text}”", { text }), [
      [t("Measure"), (row) => row.label],
      [t("The one before"), (row) => cell(row.a, row.shown), "number"],
      [t("The new one"), (row) => cell(row.b, row.shown), "number"],
    ], rows) : null,
    apart ? h("p", { class: "quiet" }, t("The two are {apart}.", { apart })) : null);
}
