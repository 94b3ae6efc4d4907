// Two voices without their names: the server knows which is which until the vote.
import { busy, button, empty, field, notice, select, tell } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { table } from "../shared/list.js";
import { number, t, time } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { playButton } from "../shared/sound.js";
import { voices } from "../shared/voices.js";
import { compare, comparison, comparisons, resultOf, vote } from "./calls.js";
import { measuresOf } from "./measures.js";

const MOST = 10;

/** `pick` chooses the checkpoint that is compared, `names` are [id, name] of all. */
export function compareForm(names, pick, signal) {
  const other = field(t("Against"), select([["base", t("the voice it began from")], ...names], "base"));
  // Without them there is still enough to compare with.
  voices({ kind: "trained" }).then((all) => other.control.append(...all.filter((voice) => voice.ready).map((voice) => h("option", { value: voice.voice_id }, t("the voice {name}", { name: voice.name }))))).catch(() => {});
  const texts = field(t("Texts, one a line"), h("textarea", { rows: 4, class: "words", required: true, value: t("Good morning. This voice is made here, while you listen.") }), { hint: t("Up to {n}", { n: MOST }) });
  const out = h("div");
  const pairs = h("div", { class: "stack" });
  const act = h("button", { class: "primary" }, t("Make the pairs"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      const lines = texts.control.value.split("\n").map((text) => text.trim()).filter(Boolean).slice(0, MOST);
      const { comparison_id: id } = await compare({ a: other.control.value, b: pick.value, texts: lines, blind: true });
      await open(id);
    });
  };
  const open = async (id) => {
    remember({ comparison: id });
    await show(id, pairs, signal);
  };
  const known = parameters().comparison;
  if (known) show(known, pairs, signal).catch(() => signal.aborted || remember({ comparison: null }));
  return h("div", { class: "stack" }, h("form", { class: "stack", on: { submit } }, other, texts, out, h("div", {}, act)), earlier(names, open), pairs);
}

/** Those that were made before of the checkpoints at hand, to be opened again. */
function earlier(names, open) {
  const element = h("details", { hidden: true }, h("summary", {}, t("Earlier comparisons")));
  const labels = new Map([["base", t("the voice it began from")], ...names]);
  const list = (items) => table(t("Earlier comparisons"), [
    [t("When"), (one) => openButton(one, open), "tight"],
    [t("The one before"), (one) => labels.get(one.a.name) ?? one.a.name],
    [t("The new one"), (one) => labels.get(one.b.name) ?? one.b.name],
    [t("Votes"), ({ verdict: { a, b, ties } }) => `${number(a)} : ${number(b)}${ties ? ` (${t("{n} alike", { n: number(ties) })})` : ""}`],
  ], items);
  comparisons().then(({ items }) => {
    const own = items.filter((one) => labels.has(one.b.name) && one.state === "completed");
    element.hidden = !own.length;
    if (own.length) element.append(list(own));
  }).catch(() => {});
  return element;
}

function openButton(one, open) {
  const out = h("span");
  const act = button(time(one.created_at), () => busy(act, out, () => open(one.comparison_id)), { kind: "tiny" });
  return h("span", { class: "row" }, act, out);
}

async function show(id, place, signal) {
  const found = await comparison(id);
  if (found.state !== "running") return draw(found, place);
  await resultOf(found, ({ progress }) => tell(place, `${t("Being made …")} ${number(progress ?? 0)} %`), signal).catch((error) => {
    // Why it failed stands in the comparison, too.
    if (signal.aborted) throw error;
  });
  return draw(await comparison(id), place);
}

function draw(compared, place) {
  if (compared.error) return fill(place, notice("bad", compared.error));
  const list = h("ol", { class: "stack takes" }, compared.pairs.map((pair) => pairOf(compared.comparison_id, pair, place)));
  return fill(place, verdict(compared.verdict), compared.pairs.length ? list : empty(t("Nothing here.")));
}

/** Before the vote the two have letters that hide them; afterwards they are named. */
function pairOf(id, pair, place) {
  const out = h("div");
  const hear = (label, side) => h("span", { class: "row" }, h("span", {}, label), playButton(side.audio_url, label));
  if (!pair.x) {
    const chosen = { a: t("You preferred the one before."), b: t("You preferred the new one."), tie: t("You found both alike.") }[pair.choice];
    return h("li", {}, h("div", { class: "stack close" }, h("p", {}, pair.text), h("div", { class: "row" }, hear(t("The one before"), pair.a), hear(t("The new one"), pair.b)),
      h("p", { class: "small", tabindex: "-1", "data-vote": pair.pair }, chosen), measuresOf(pair)));
  }
  const act = (label, choice) => {
    const trigger = button(label, () => busy(trigger, out, async () => {
      draw(await vote(id, pair.pair, choice), place);
      place.querySelector(`[data-vote="${pair.pair}"]`)?.focus();
    }), { kind: "tiny" });
    return trigger;
  };
  return h("li", {}, h("div", { class: "stack close" }, h("p", {}, pair.text), h("div", { class: "row" }, hear(t("First"), pair.x), hear(t("Second"), pair.y)),
    h("div", { class: "row", role: "group", "aria-label": t("Which is better?") }, act(t("The first is better"), "x"), act(t("The second is better"), "y"), act(t("Both alike"), "tie")), out));
}

function verdict({ a, b, ties, p_value: p, significant, votes_missing: missing }) {
  if (a + b + ties === 0) return h("p", { class: "hint" }, t("Listen to both, then say which is better. Six votes that all agree are the fewest that mean something."));
  const found = significant ? t("That is more than chance (p {p}).", { p: number(p, 3) })
    : missing == null ? t("It may still be chance.") : t("It may still be chance: {n} more votes like these are needed.", { n: number(missing) });
  return notice(significant ? "good" : "", h("p", {}, t("Votes: {a} for the one before, {b} for the new one, {tie} alike.", { a: number(a), b: number(b), tie: number(ties) })), h("p", {}, found));
}
