// One run, live: by events, or by asking; the numbers are drawn at most once a second.
import { get, newKey, post, query } from "../shared/api.js";
import { announce, badge, bar, busy, button, empty, failure, notice, waiting } from "../shared/components.js";
import { chart } from "../shared/chart.js";
import { fill, h } from "../shared/dom.js";
import { follow } from "../shared/events.js";
import { table } from "../shared/list.js";
import { bytes, duration, number, t } from "../shared/messages.js";
import { playButton } from "../shared/sound.js";
import { askToStop, checkpointsOf } from "./runs.js";

const OVER = ["completed", "failed", "stopped"];
const LINES = 500;
const DRAW_MS = 1_000;

/** What a run has told: its losses and the last lines of its log. */
export function history() {
  return { train: [], evaluation: [], lines: [] };
}

/** Takes an event into the history; a point that is known already is not taken twice. */
export function take(known, event, data) {
  const later = (points, step) => !points.length || points.at(-1)[0] < step;
  if (event === "log") known.lines = [...known.lines, data].slice(-LINES);
  if (event !== "progress" || data?.step === undefined) return known;
  const loss = data.loss ?? {};
  if (Number.isFinite(loss.train) && later(known.train, data.step)) known.train.push([data.step, loss.train]);
  if (Number.isFinite(loss.evaluation) && later(known.evaluation, data.step)) known.evaluation.push([data.step, loss.evaluation]);
  return known;
}

export function watchRun(place, runId, signal, onReady, begun) {
  const known = history();
  const parts = { head: h("section", { class: "card stack" }, waiting()), curves: h("section", { class: "card stack" }), samples: h("section", { class: "card stack" }), checkpoints: h("section", { class: "card stack" }), log: h("pre", { class: "log", tabindex: "0", "aria-label": t("Log") }) };
  fill(place, parts.head, parts.curves, parts.samples, parts.checkpoints, h("section", { class: "card stack" }, h("h2", {}, t("Log")), parts.log));
  let pending;
  const draw = () => {
    pending ??= setTimeout(() => {
      pending = undefined;
      if (!signal.aborted) drawHistory(parts, known);
    }, DRAW_MS);
  };
  const poll = async () => {
    const status = await get(query("/training/status", { run_id: runId }));
    take(known, "progress", status);
    drawHead(parts, status, { begun, onReady, poll });
    draw();
    if (status.samples?.length) fill(parts.samples, samplesOf(status.samples));
    return OVER.includes(status.state);
  };
  const onEvent = ({ event, data }) => {
    take(known, event, data);
    draw();
    if (event !== "log") poll().catch(() => {});
    if (event === "checkpoint" || event === "end") drawCheckpoints(parts.checkpoints, runId);
  };
  drawCheckpoints(parts.checkpoints, runId);
  poll().then(() => follow(query("/training/logs", { run_id: runId }), { onEvent, poll, signal })).catch((error) => fill(parts.head, failure(error)));
}

function drawHead({ head }, status, { begun, onReady, poll }) {
  const out = h("div");
  const over = OVER.includes(status.state);
  const resume = button(t("Go on"), () => busy(resume, out, async () => {
    await post(`/training/runs/${status.run_id}/resume`, undefined, { key: newKey() });
    begun(status.run_id);
  }));
  const percent = Math.round((status.progress ?? 0) * ((status.progress ?? 0) <= 1 ? 100 : 1));
  announce(t("Step {n} of {all}", { n: number(status.step), all: number(status.steps) }), over);
  fill(head, h("div", { class: "row spread" }, h("h2", {}, status.model_name), badge(status.state)), bar(t("Progress of the run"), percent),
    h("dl", { class: "figures" }, [
      [t("Step"), `${number(status.step)} / ${number(status.steps)}`], [t("Loss"), number(status.loss?.train, 4)], [t("Evaluation"), number(status.loss?.evaluation, 4)], [t("Best"), number(status.loss?.best, 4)],
      [t("Steps a second"), number(status.steps_per_second, 2)], [t("Time left"), over ? "–" : duration(status.seconds_left)], [t("Memory"), bytes(status.memory_bytes)], [t("Device"), status.device ?? "–"],
    ].map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value)))),
    status.error ? notice("bad", status.error.message ?? status.error) : null, out,
    h("div", { class: "row" }, over ? null : button(t("Stop"), () => askToStop(status.run_id, poll), { kind: "danger" }),
      status.state === "stopped" || status.state === "failed" ? resume : null,
      status.state === "completed" || status.state === "stopped" ? button(t("Listen and compare"), onReady, { kind: "primary" }) : null));
}

function drawHistory({ curves, log }, known) {
  const shown = [[t("Training"), known.train], [t("Evaluation"), known.evaluation]].filter(([, points]) => points.length).map(([label, points]) => ({ label, points }));
  const open = curves.querySelector("details")?.open;
  fill(curves, h("h2", {}, t("Losses")), chart(t("Losses over steps"), shown));
  if (open) curves.querySelector("details").open = true;
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
  log.textContent = known.lines.map((line) => `${line.at?.slice(11, 19) ?? ""} ${line.message ?? line}`).join("\n");
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function samplesOf(samples) {
  return [h("h2", {}, t("Samples over time")), table(t("Samples over time"), [
    [t("Step"), (one) => number(one.step), "number"], [t("Text"), (one) => one.text], [t("Sound"), (one) => playButton(one.audio_url, t("step {n}", { n: one.step }))],
  ], [...samples].reverse().slice(0, 30))];
}

async function drawCheckpoints(place, runId) {
  try {
    const { items } = await checkpointsOf(runId);
    fill(place, h("h2", {}, t("Checkpoints")), items.length ? table(t("Checkpoints"), [
      [t("Step"), (one) => number(one.step), "number"], [t("Evaluation"), (one) => number(one.evaluation_loss, 4), "number"], [t("Size"), (one) => bytes(one.bytes), "number"],
      [t("Kept as"), (one) => (one.kept ?? []).map((why) => h("span", { class: "badge" }, t(why)))],
    ], items) : empty(t("The first checkpoint comes while the run goes on.")));
  } catch (error) {
    fill(place, failure(error));
  }
}
