// Where a segment begins and ends within its recording, moved by hand.
import { ApiError } from "../shared/api.js";
import { busy, button, dialog, field, notice, tell } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { duration, number, t } from "../shared/messages.js";
import { playButton } from "../shared/sound.js";

const [SHORTEST, LONGEST, STEP] = [0.3, 30, 0.05];

/** What is wrong with bounds in seconds; undefined where nothing is. */
export function wrongBounds(start, end) {
  if (!Number.isFinite(start) || !Number.isFinite(end) || start < 0) return t("Both are seconds from the beginning of the recording.");
  if (end - start < SHORTEST) return t("A segment lasts {n} s at least.", { n: number(SHORTEST, 1) });
  return end - start > LONGEST ? t("A segment lasts {n} s at most.", { n: LONGEST }) : undefined;
}

/** `save({start_seconds, end_seconds}, told)` keeps them, `told(text)` says how far it is, and `back()` is called then; `bytes()` is the sound as it is cut now, drawn in `wave`. */
export function boundsDialog(segment, { bytes, wave, save, back }) {
  dialog(t("Move its edges"), (close) => {
    const input = (value) => h("input", { type: "number", required: true, min: 0, step: "any", inputmode: "decimal", value: Number(value.toFixed(3)) });
    const start = field(t("Begins at, s"), input(segment.start_seconds), { hint: t("Of the recording, not of the segment") });
    const end = field(t("Ends at, s"), input(segment.end_seconds));
    const length = h("p", { class: "quiet", role: "status" });
    const out = h("div");
    const values = () => [start, end].map((one) => (one.control.value === "" ? NaN : Number(one.control.value)));
    const tell = () => {
      const [from, to] = values();
      end.complain(wrongBounds(from, to));
      fill(length, Number.isFinite(to - from) ? t("It lasts {length}.", { length: duration(Math.max(0, to - from)) }) : "");
    };
    const nudge = (one, by, label) => button(label, () => {
      one.control.value = Math.max(0, Number(one.control.value) + by).toFixed(2);
      tell();
    }, { kind: "tiny" });
    const step = (one, earlier, later) => h("div", { class: "stack" }, one, h("div", { class: "row" }, nudge(one, -STEP, earlier), nudge(one, STEP, later)));
    [start, end].forEach((one) => one.control.addEventListener("input", tell));
    const act = h("button", { class: "primary" }, t("Save"));
    const submit = (event) => {
      event.preventDefault();
      const [from, to] = values();
      if (wrongBounds(from, to)) return end.control.focus();
      return busy(act, out, async () => {
        if (!(await kept(save, { start_seconds: from, end_seconds: to }, out))) return;
        close();
        back();
      });
    };
    tell();
    return h("form", { class: "stack", novalidate: true, on: { submit } },
      h("div", { class: "row" }, playButton(bytes, t("segment at {at}", { at: duration(segment.start_seconds) })), wave),
      h("div", { class: "halves" }, step(start, t("Begin earlier"), t("Begin later")), step(end, t("End earlier"), t("End later"))),
      length, out, h("div", { class: "row" }, act, button(t("Close"), close)));
  });
}

/** Whether they were kept; an installation that cannot move edges says so. */
async function kept(save, body, out) {
  try {
    await save(body, (text) => tell(out, text));
    return true;
  } catch (error) {
    const unknown = error instanceof ApiError && error.errors.length > 0 && error.errors.every((one) => /not a field/.test(one.message));
    if (!unknown) throw error;
    fill(out, notice("warn", t("This installation does not move the edges of segments. Cut the recordings again with other settings.")));
    return false;
  }
}
