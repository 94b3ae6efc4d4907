// Many texts at once: pasted or as CSV; each with its own state; the failed again; all as one ZIP.
import { ApiError, get, post, query, sleep } from "../shared/api.js";
import { announce, badge, bar, busy, button, confirm, empty, failure, tabs, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { isOver } from "../shared/events.js";
import { pagedTable, table } from "../shared/list.js";
import { bytes, duration, number, t, time } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { page } from "../shared/shell.js";
import { playButton, saveButton } from "../shared/sound.js";
import { again, csvForm, pasteForm } from "./forms.js";

const ASK_MS = 2_000;
const SHOWN = 25;

async function render(body) {
  const open = (batchId) => {
    remember({ batch: batchId }, { push: true });
    show();
  };
  const show = () => {
    const id = parameters().batch;
    fill(body);
    if (id) oneBatch(body, id, open, () => open(null));
    else overview(body, open);
  };
  addEventListener("popstate", show);
  show();
}

function overview(body, open) {
  const forms = tabs(t("Where the texts come from"), [
    ["paste", t("Paste texts"), (panel) => pasteForm(panel, open)],
    ["csv", t("CSV file"), (panel) => csvForm(panel, open)],
  ], parameters().from, (from) => remember({ from }));
  const list = pagedTable({
    caption: t("Batches, newest first"),
    load: (cursor) => get(query("/api/v1/batches", { limit: 10, cursor })),
    none: empty(t("No batches yet. Paste some texts above to make the first.")),
    columns: [
      [t("When"), (one) => link(one, open)],
      [t("State"), (one) => badge(one.status)],
      [t("Done"), (one) => `${one.completed} / ${one.total_jobs}`, "number"],
      [t("Failed"), (one) => one.failed, "number"],
      [t("Finished"), (one) => time(one.finished_at)],
    ],
  });
  body.append(h("section", { class: "card" }, forms), h("section", { class: "card stack" }, h("h2", {}, t("Your batches")), list));
}

function link(one, open) {
  const click = (event) => {
    event.preventDefault();
    open(one.batch_id);
  };
  return h("a", { href: `?batch=${one.batch_id}`, on: { click } }, time(one.created_at));
}

async function oneBatch(body, id, open, back) {
  const head = h("div", { class: "stack" });
  const items = h("div", { class: "stack" });
  const view = { page: 0, only: "all" };
  body.append(h("p", {}, button(t("← All batches"), back, { kind: "plain tiny" })), h("section", { class: "card stack" }, head, items));
  fill(head, waiting());
  let last = "";
  while (body.contains(head)) {
    try {
      const status = await get(`/api/v1/advanced/batch-tts/${id}/status`);
      const text = JSON.stringify(status);
      if (text !== last) draw(head, items, status, view, open);
      last = text;
      announce(t("{n} of {all} done", { n: status.completed + status.failed, all: status.total_jobs }), isOver(status.status));
      if (isOver(status.status)) return;
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) return fill(head, failure(error));
      fill(head, failure(error));
      last = "";
    }
    await sleep(ASK_MS);
  }
}

function draw(head, items, status, view, open) {
  fill(head, h("div", { class: "row spread" }, h("h2", {}, t("Batch of {when}", { when: time(status.created_at) })), badge(status.status)),
    bar(t("Progress of the batch"), status.progress),
    h("p", {}, t("{done} of {all} completed, {failed} failed, {pending} to go.", {
      done: number(status.completed), all: number(status.total_jobs), failed: number(status.failed), pending: number(status.pending),
    })), actions(status, open));
  drawItems(items, status, view);
}

function actions(status, open) {
  const out = h("div");
  const over = isOver(status.status);
  const id = status.batch_id;
  const cancel = () => confirm(t("Cancel the batch?"), t("What has been made stays; what has not begun is not made."), t("Cancel it"),
    () => post(`/api/v1/advanced/batch-tts/${id}/cancel`));
  const failed = status.items.filter((item) => item.status === "failed");
  const retry = button(t("Try the {n} failed again", { n: failed.length }), () => busy(retry, out, async () => open(await again(id, failed))));
  return h("div", { class: "stack" }, h("div", { class: "row" },
    over && status.completed ? saveButton(`/api/v1/advanced/batch-tts/${id}/download`, `${id}.zip`, t("Download as ZIP")) : null,
    over && failed.length ? retry : null,
    over ? null : button(t("Cancel"), cancel, { kind: "danger tiny" })), out);
}

function drawItems(out, status, view) {
  const fitting = status.items.filter((item) => view.only === "all" || item.status === view.only);
  const pages = Math.max(1, Math.ceil(fitting.length / SHOWN));
  view.page = Math.min(view.page, pages - 1);
  const turn = (change) => {
    Object.assign(view, change);
    drawItems(out, status, view);
  };
  const columns = [
    ["#", (item) => item.index + 1, "number"],
    [t("State"), (item) => [badge(item.status), item.error ? h("p", { class: "small long" }, item.error) : null]],
    [t("Length"), (item) => duration(item.duration_seconds)],
    [t("Size"), (item) => bytes(item.bytes)],
    [t("Sound"), (item) => (item.audio_url ? playButton(item.audio_url, t("text {n}", { n: item.index + 1 })) : "–")],
  ];
  fill(out, h("div", { class: "row", role: "group", "aria-label": t("Show") }, ["all", "failed", "completed", "queued"].map((only) =>
    button(t(only), () => turn({ only, page: 0 }), { kind: "tiny", "aria-pressed": String(view.only === only) }))),
  fitting.length ? table(t("The texts of the batch"), columns, fitting.slice(view.page * SHOWN, (view.page + 1) * SHOWN)) : empty(t("Nothing here.")),
  pages > 1 ? h("div", { class: "row" }, button(t("Previous"), () => turn({ page: view.page - 1 }), { kind: "tiny", disabled: view.page === 0 }),
    t("Page {n} of {all}", { n: view.page + 1, all: pages }),
    button(t("Next"), () => turn({ page: view.page + 1 }), { kind: "tiny", disabled: view.page + 1 >= pages })) : null);
}

page({ name: "batch", title: t("Batches"), lead: t("Many texts at once. Each is a job of its own: what fails does not hold up the others."), render });
