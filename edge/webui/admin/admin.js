// Administration: who is here, what waits, who works, what failed for good, who did what.
import { get, query } from "../shared/api.js";
import { button, empty, failure, figures, notice, tabs, waiting } from "../shared/components.js";
import { fill, h, redraw } from "../shared/dom.js";
import { pagedTable, table } from "../shared/list.js";
import { bytes, number, t, time } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { page } from "../shared/shell.js";
import { audit } from "./audit.js";
import { users } from "./users.js";
import { workersOf } from "./workers.js";

const ASK_MS = 5_000;

function render(body) {
  body.append(tabs(t("Administration"), [
    ["system", t("System"), system],
    ["users", t("Users"), users],
    ["queue", t("Queue"), queue],
    ["workers", t("Workers"), workers],
    ["failed", t("Failed jobs"), failed],
    ["audit", t("Log"), audit],
  ], parameters().tab, (tab) => remember({ tab })));
}

/** Draws what `load` gives, and again every few seconds while the panel is looked at. */
function watched(panel, load, draw) {
  const out = panel.appendChild(h("div", { class: "stack" }, waiting()));
  let shown = [];
  const turn = async () => {
    if (document.hidden) return;
    try {
      shown = [draw(await load())].flat();
      redraw(out, shown);
    } catch (error) {
      // What was measured before stays, with its time.
      redraw(out, failure(error), shown);
    }
  };
  turn();
  const timer = setInterval(turn, ASK_MS);
  panel.addEventListener("leave", () => clearInterval(timer), { once: true });
}

const measured = (at) => h("p", { class: "quiet small" }, t("Measured {when}", { when: time(at) }));

function system(panel) {
  watched(panel, () => get("/monitoring/system"), (report) => [
    report.sign_ins.alarm ? notice("bad", t("Many sign-ins fail: {n} in ten minutes. Look at the log.", { n: report.sign_ins.failed_10m })) : null,
    h("section", { class: "card" }, h("h2", {}, t("Checks")), h("div", { class: "row" }, Object.entries(report.checks).map(([name, good]) =>
      h("span", { class: `badge ${good ? "good" : name === "gpu" ? "" : "bad"}` }, `${t(name)}: ${good ? t("yes") : t("no")}`)))),
    h("section", { class: "card" }, h("h2", {}, t("Work")), figures([
      [t("Jobs taken in"), number(report.jobs.created)], [t("completed"), number(report.jobs.completed)], [t("failed"), number(report.jobs.failed)],
      [t("queued"), number(report.queue.queued)], [t("running"), number(report.queue.running)], [t("Failed for good"), number(report.queue.dead)],
    ])),
    h("section", { class: "card" }, h("h2", {}, t("Fleet and database")), figures([
      [t("Workers"), number(report.workers.alive)], [t("Places"), number(report.workers.slots)], [t("Accelerators"), number(report.workers.accelerators)],
      [t("Database"), bytes(report.database.size_bytes)], [t("Connections"), `${report.database.connections} / ${report.database.max_connections}`],
      [t("Failed sign-ins, 10 min"), number(report.sign_ins.failed_10m)],
    ])), measured(report.measured_at)]);
}

const PRIORITIES = { interactive: t("at once"), batch: t("in turn"), background: t("when there is time") };

function queue(panel) {
  watched(panel, () => get("/monitoring/queue"), (report) => [
    h("section", { class: "card" }, figures([[t("waiting"), number(report.waiting)], [t("scheduled"), number(report.scheduled)], [t("Failed for good"), number(report.dead)]])),
    h("section", { class: "card" }, table(t("Queues"), [
      [t("Queue"), (lane) => [h("code", {}, lane.queue), lane.paused ? [" ", h("span", { class: "badge warn" }, t("paused"))] : null]],
      [t("Priority"), (lane) => PRIORITIES[lane.priority] ?? lane.priority],
      [t("Waiting"), (lane) => number(lane.queued), "number"],
      [t("Running"), (lane) => number(lane.running), "number"],
      [t("Oldest"), (lane) => `${number(lane.oldest_job_seconds)} s`, "number"],
      [t("Cost per second"), (lane) => number(lane.cost_per_second), "number"],
    ], report.items)), measured(report.measured_at)]);
}

function workers(panel) {
  watched(panel, () => get("/monitoring/workers"), (report) => [...workersOf(report), measured(report.measured_at)]);
}

function failed(panel) {
  const list = pagedTable({
    caption: t("Jobs that failed for good, newest first"),
    load: (cursor) => get(query("/api/v1/jobs", { status: "failed", limit: 20, cursor })),
    none: empty(t("No job failed for good.")),
    columns: [
      [t("When"), (job) => time(job.finished_at ?? job.created_at), "tight"],
      [t("Job"), (job) => [job.kind, h("div", {}, h("code", { class: "small" }, job.job_id))]],
      [t("Attempts"), (job) => job.attempts, "number"],
      [t("Why"), (job) => h("span", { class: "small long" }, job.error?.message ?? "–")],
      [t("Run again"), (job) => redrive(job), "tight"],
    ],
  });
  panel.append(h("div", { class: "card stack" }, h("p", {}, t("When the cause is mended, a job can run again, with all that waited for it. An operator does that on the machine:"), " ", h("code", {}, "kiskadee admin redrive JOB")), list));
}

/** The operator's command for one job, to be taken to the terminal. */
function redrive(job) {
  const copy = button([t("Copy the command"), h("span", { class: "hidden-text" }, ` ${job.job_id}`)], async () => {
    await navigator.clipboard.writeText(`kiskadee admin redrive ${job.job_id}`);
    fill(copy, t("Copied"));
  }, { kind: "tiny" });
  return copy;
}

page({ name: "admin", title: t("Administration"), lead: t("The system, its users and its work."), admin: true, render });
