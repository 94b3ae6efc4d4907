// One run, live: by events, or by asking; drawn at most once a second.
import { announce, badge, bar, busy, button, confirm, dialog, empty, failure, figures, notice, waiting } from "../shared/components.js";
import { chart } from "../shared/chart.js";
import { fill, h, redraw } from "../shared/dom.js";
import { follow } from "../shared/events.js";
import { table } from "../shared/list.js";
import { bytes, duration, number, t } from "../shared/messages.js";
import { remember } from "../shared/settings.js";
import { playButton } from "../shared/sound.js";
import { checkpointsOf, deleteRun, logsOf, resume, statusOf, stop } from "./calls.js";
import { columns, distance } from "./checkpoints.js";
import { bySteps, history, isOver, take } from "./told.js";
import { deviceName, STAGES } from "./words.js";

const DRAW_MS = 1_000;
const CURVES = [["train", () => t("Loss in training")], ["evaluation", (engine) => (engine === "kiskadee" ? t("Distance to the speaker, dB") : t("Loss on sentences that it never hears"))]];

/** `onReady()` leads on to what was made, `again()` draws all anew. */
export function watchRun(place, runId, signal, { onReady, again }) {
  const known = history();
  const card = (...inside) => h("section", { class: "card stack" }, inside);
  const parts = { head: h("div", { class: "stack" }, waiting()), acts: h("div"), curves: h("div", { class: "halves" }), samples: h("div"), checkpoints: h("div"), log: h("pre", { class: "log", tabindex: "0", "aria-label": t("Log") }) };
  fill(place, card(parts.head, parts.acts), card(h("h2", {}, t("Samples over time")), parts.samples), card(h("h2", {}, t("Curves")), parts.curves),
    card(h("h2", {}, t("Checkpoints")), parts.checkpoints), card(h("h2", {}, t("Log")), parts.log));
  const drawn = {};
  let [asked, shown] = [0, 0];
  const poll = async () => {
    const turn = (asked += 1);
    const status = await statusOf(runId);
    if (signal.aborted) return true;
    // An answer that a later one overtook is old news.
    if (turn < shown) return false;
    shown = turn;
    take(known, "progress", status);
    drawHead(parts.head, status);
    // What has buttons is drawn when it changes, so that the focus stays.
    const once = (name, mark, draw) => drawn[name] === mark || draw((drawn[name] = mark));
    once("acts", status.state, () => redraw(parts.acts, actions(status, { onReady, again, poll })));
    once("samples", status.samples.length, () => redraw(parts.samples, samplesOf(status.samples)));
    once("checkpoints", `${status.checkpoint?.checkpoint_id} ${status.state}`, () => drawCheckpoints(parts.checkpoints, status));
    drawHistory(parts, known, status.engine);
    return isOver(status.state);
  };
  let pending;
  const soon = () => {
    pending ??= setTimeout(() => {
      pending = undefined;
      if (!signal.aborted) poll().catch(() => {});
    }, DRAW_MS);
  };
  const onEvent = ({ event, data }) => {
    take(known, event, data);
    soon();
  };
  poll().then(() => follow(logsOf(runId), { onEvent, poll, signal })).catch((error) => fill(parts.head, failure(error, again)));
}

function drawHead(head, status) {
  const over = isOver(status.state);
  announce(t("Step {n} of {all}", { n: number(status.step), all: number(status.steps) }), over);
  const shown = [
    [t("Step"), `${number(status.step)} / ${number(status.steps)}`], [t("Time left"), over ? "–" : duration(status.seconds_left)], [t("Loss"), number(status.loss.train, 4)], [t("Distance"), distance(status.loss.evaluation, status.engine)],
    [t("Best"), distance(status.loss.best, status.engine)], [t("Steps a second"), number(status.steps_per_second, 2)], [t("Memory"), bytes(status.memory_bytes)], [t("Device"), deviceName(status.device)],
  ];
  fill(head, h("div", { class: "row spread" }, h("h2", {}, status.model_name), badge(status.state)), bar(t("Progress of the run"), status.progress ?? 0),
    status.stage && !over ? h("p", { class: "loading" }, STAGES[status.stage] ?? status.stage) : null,
    figures(shown),
    status.plan ? h("p", { class: "hint" }, t("It learns from {n} sentences, and is measured on {m} that it never hears; {k} were left out.", {
      n: number(status.plan.sentences), m: number(status.plan.held_out), k: number(status.plan.left_out),
    })) : null,
    status.error ? notice("bad", status.error) : null);
}

function actions(status, { onReady, again, poll }) {
  const out = h("div");
  const { run_id: id, state } = status;
  const goOn = button(t("Go on"), () => busy(goOn, out, async () => {
    await resume(id);
    again();
  }), { "data-name": "resume" });
  const drop = button(t("Delete"), () => confirm(t("Delete the run?"), t("Its checkpoints and samples go with it. Voices that were made of it stay."), t("Delete it"), async () => {
    await deleteRun(id);
    remember({ run: null, checkpoint: null, comparison: null });
    again();
  }), { kind: "danger", "data-name": "delete" });
  return [out, h("div", { class: "row" },
    isOver(state) && status.checkpoint ? button(t("Listen and compare"), onReady, { kind: "primary", "data-name": "listen" }) : null,
    state === "stopped" || state === "failed" ? goOn : null,
    isOver(state) ? drop : state === "stopping" ? null : button(t("Stop"), () => askToStop(id, poll), { kind: "danger", "data-name": "stop" }))];
}

/** Asks whether what a run has reached is to be kept. */
function askToStop(runId, after) {
  dialog(t("Stop the run?"), (close) => {
    const out = h("div");
    const act = (label, discard, kind) => {
      const trigger = button(label, () => busy(trigger, out, async () => {
        await stop(runId, discard);
        close();
        after();
      }), { kind });
      return trigger;
    };
    return [h("p", {}, t("It ends after the step that it is in. Kept, it can go on later from there, and be listened to.")), out,
      h("div", { class: "row" }, act(t("Stop and keep"), false, "primary"), act(t("Stop and discard"), true, "danger"), button(t("Let it run"), close))];
  });
}

function drawHistory({ curves, log }, known, engine) {
  redraw(curves, CURVES.map(([name, called]) => oneCurve(called(engine), known[name])));
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
  log.textContent = known.lines.map((line) => `${line.at?.slice(11, 19) ?? ""} ${line.message}`).join("\n") || t("Nothing here.");
  if (atEnd) log.scrollTop = log.scrollHeight;
}

const oneCurve = (label, points) => h("div", {}, h("h3", {}, label), chart(label, points.length ? [{ label, points }] : []));

function samplesOf(samples) {
  if (!samples.length) return empty(t("At every checkpoint the voice speaks the same sentences; they stand here, the newest first."));
  const rows = bySteps(samples);
  const texts = [...new Set(samples.map(({ text }) => text))];
  const columns = texts.map((text, at) => [t("Text {n}", { n: at + 1 }), ({ step, samples: some }) => {
    const one = some.find((sample) => sample.text === text);
    return one ? playButton(one.audio_url, t("text {n} at step {step}", { n: at + 1, step })) : "–";
  }]);
  return [h("ol", { class: "small takes" }, texts.map((text) => h("li", {}, text))), table(t("Samples over time"), [[t("Step"), ({ step }) => number(step), "number"], ...columns], rows)];
}

async function drawCheckpoints(place, { run_id: runId, engine }) {
  try {
    const { items } = await checkpointsOf(runId);
    fill(place, items.length ? table(t("Checkpoints"), columns(engine), items) : empty(t("The first checkpoint comes while the run goes on.")));
  } catch (error) {
    fill(place, failure(error));
  }
}
