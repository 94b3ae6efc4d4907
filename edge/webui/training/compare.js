// Two voices without their names: the server knows which is which until the vote.
import { get, newKey, post } from "../shared/api.js";
import { busy, button, empty, field, notice, select, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { followJob } from "../shared/events.js";
import { number, t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { playButton } from "../shared/sound.js";

const MOST = 10;

export function compareForm(options, pick, signal) {
  const other = field(t("Against"), select([["base", t("the voice it began from")], ...options], "base"));
  const texts = field(t("Texts, one a line"), h("textarea", { rows: 4, required: true, value: t("Good morning. This voice is made here, while you listen.") }), { hint: t("Up to {n}", { n: MOST }) });
  const out = h("div");
  const pairs = h("div", { class: "stack" });
  const act = h("button", { class: "primary" }, t("Make the pairs"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      const body = { a: other.control.value, b: pick.value, texts: texts.control.value.split("\n").map((text) => text.trim()).filter(Boolean).slice(0, MOST), blind: true };
      const { job_id: id } = await post("/training/inference/ab-test", body, { key: newKey() });
      const job = await followJob(id, ({ progress }) => fill(out, waiting(`${t("Being made …")} ${progress ?? 0} %`)), signal, get);
      if (job.status !== "completed") throw new Error(job.error?.message ?? t(job.status));
      remember({ comparison: job.result.comparison_id });
      fill(out);
      await show(job.result.comparison_id, pairs);
    });
  };
  const known = parameters().comparison;
  if (known) show(known, pairs).catch(() => remember({ comparison: null }));
  return h("div", { class: "stack" }, h("form", { class: "stack", on: { submit } }, other, texts, out, h("div", {}, act)), pairs);
}

async function show(id, place) {
  const comparison = await get(`/training/inference/ab-test/${id}`);
  const again = () => show(id, place);
  fill(place, verdict(comparison), comparison.pairs?.length ? h("ol", { class: "stack" }, comparison.pairs.map((pair, at) => h("li", {}, pairOf(id, pair, at, again)))) : empty(t("Nothing here.")));
}

function pairOf(id, pair, at, again) {
  const out = h("div");
  const [left, right] = pair.x ? [pair.x, pair.y] : [pair.a, pair.b];
  const [one, two] = pair.x ? ["x", "y"] : ["a", "b"];
  const vote = (label, choice) => {
    const act = button(label, () => busy(act, out, async () => {
      await post(`/training/inference/ab-test/${id}/preferences`, { pair: at, choice }, { key: newKey() });
      await again();
    }), { kind: "tiny" });
    return act;
  };
  return [h("p", {}, pair.text), h("div", { class: "row" }, h("span", {}, t("First")), playButton(left.audio_url, t("the first")), h("span", {}, t("Second")), playButton(right.audio_url, t("the second"))),
    h("div", { class: "row", role: "group", "aria-label": t("Which is better?") }, vote(t("The first is better"), one), vote(t("The second is better"), two), vote(t("Both alike"), "tie")), out];
}

function verdict({ preferences, verdict: found }) {
  if (!found && !preferences) return null;
  const counts = preferences ?? {};
  return notice("", h("p", {}, t("Votes: {a} for the one before, {b} for the new one, {tie} alike.", { a: number(counts.a ?? 0), b: number(counts.b ?? 0), tie: number(counts.tie ?? 0) })),
    found ? h("p", {}, found.significant ? t("That is more than chance (p {p}).", { p: number(found.p ?? found.p_value, 3) }) : t("It may still be chance: {n} more votes are needed.", { n: number(found.votes_needed ?? 0) })) : null);
}
