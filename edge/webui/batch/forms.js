// The two ways into a batch, and the way back for what failed.
import { ApiError, newKey, post } from "../shared/api.js";
import { busy, button, field, notice, select } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { table } from "../shared/list.js";
import { number, t } from "../shared/messages.js";
import { read, write } from "../shared/settings.js";
import { FORMATS, voiceChoice } from "../shared/voices.js";
import * as csv from "./csv.js";

const MOST = 100;
const KEPT = 10;
const KEPT_CHARACTERS = 200_000;
const CONTEXT = 3;

export async function pasteForm(panel, open) {
  const { tongue, voice } = await voiceChoice();
  const text = h("textarea", { rows: 8, required: true, value: read("batch-draft", "sessionStorage") ?? "" });
  const by = select([["line", t("Each line is a text")], ["paragraph", t("Each paragraph is a text")]]);
  const format = select(FORMATS, "wav");
  const pasted = field(t("Texts"), text, { hint: t("Up to {n} texts", { n: MOST }) });
  const count = h("p", { class: "quiet" });
  const texts = () => csv.textsOf(text.value, by.value);
  const counted = () => {
    write("batch-draft", text.value, "sessionStorage");
    fill(count, t("{n} texts", { n: number(texts().length) }));
  };
  text.addEventListener("input", counted);
  by.addEventListener("change", counted);
  counted();
  const out = h("div");
  const act = h("button", { class: "primary" }, t("Make the batch"));
  const submit = (event) => {
    event.preventDefault();
    const wrong = texts().length === 0 ? t("Write at least one text.") : texts().length > MOST ? t("{n} texts are too many: send up to {most}, or a CSV file.", { n: texts().length, most: MOST }) : undefined;
    pasted.complain(wrong);
    if (!wrong) busy(act, out, async () => {
      const body = { texts: texts(), voice_id: voice.value, language: tongue.value, response_format: format.value };
      open(await make(body));
      write("batch-draft", undefined, "sessionStorage");
    });
  };
  panel.append(h("form", { class: "stack", on: { submit } }, pasted, count,
    h("div", { class: "row end" }, field(t("How to divide"), by), field(t("Format"), format)),
    h("div", { class: "row end" }, field(t("Language"), tongue), field(t("Voice"), voice)), out, h("div", {}, act)));
}

async function make(body) {
  const answer = await post("/api/v1/advanced/batch-tts", body, { key: newKey() });
  keep(answer.batch_id, { body });
  return answer.batch_id;
}

async function makeFromCsv(file, name, source) {
  const form = new FormData();
  form.append("file", file, name);
  const answer = await post("/api/v1/advanced/batch-csv", form, { key: newKey() });
  keep(answer.batch_id, source);
  return answer.batch_id;
}

export function csvForm(panel, open) {
  const input = h("input", { type: "file", accept: ".csv,text/csv,.tsv,.txt" });
  const shown = h("div", { class: "stack" });
  const out = h("div", { class: "stack" });
  const chosen = { file: undefined, parsed: undefined };
  const act = button(t("Make the batch"), () => busy(act, out, async () => {
    try {
      open(await makeFromCsv(chosen.file, chosen.file.name, { csv: chosen.parsed }));
    } catch (error) {
      if (!(error instanceof ApiError) || !error.errors.some((one) => one.line)) throw error;
      fill(out, atTheirLines(error, chosen.parsed));
    }
  }), { kind: "primary", disabled: true });
  const take = async (file) => {
    if (!file) return;
    chosen.file = file;
    chosen.parsed = csv.parse(csv.decode(new Uint8Array(await file.arrayBuffer())));
    act.disabled = false;
    fill(out);
    fill(shown, preview(file, chosen.parsed));
  };
  input.addEventListener("change", () => take(input.files[0]));
  panel.append(h("div", { class: "stack" }, dropZone(field(t("CSV file"), input, { hint: t("The first line names the columns: text, voice_id, language; also tts_engine, quality_profile, response_format.") }), take), shown, out, h("div", {}, act)));
}

export function dropZone(content, take) {
  const zone = h("div", { class: "drop" }, content, h("p", { class: "hint" }, t("or drop it here")));
  const over = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    take(event.dataTransfer.files[0], [...event.dataTransfer.files]);
  });
  return zone;
}

function preview(file, { header, rows }) {
  return [h("p", {}, t("{name}: {n} rows", { name: file.name, n: number(rows.length) })),
    rows.length ? rowsTable(t("The first rows"), header, rows.slice(0, 5)) : notice("warn", t("There are no rows below the header."))];
}

function rowsTable(caption, header, rows, wrong = new Map()) {
  const columns = [[t("Line"), (row) => row.line, "number"], ...header.map((name, at) => [name, (row) => row.cells[at] ?? ""])];
  if (wrong.size) columns.splice(1, 0, [t("What is wrong"), (row) => wrong.get(row.line)?.join("; ") ?? ""]);
  return table(caption, columns, rows, (row) => ({ class: wrong.has(row.line) ? "marked" : null }));
}

/** Each complaint of the API beside the row that it means, with its neighbours. */
function atTheirLines(error, { header, rows }) {
  const wrong = new Map();
  for (const one of error.errors) if (one.line) wrong.set(one.line, [...(wrong.get(one.line) ?? []), one.message]);
  const near = rows.filter((row) => wrong.has(row.line) || [...wrong.keys()].some((line) => Math.abs(line - row.line) < CONTEXT)).slice(0, 100);
  const without = error.errors.filter((one) => !near.some((row) => row.line === one.line));
  return [notice("bad", h("p", {}, error.message), without.length ? h("ul", {}, without.slice(0, 50).map((one) =>
    h("li", {}, one.line ? `${t("line {n}", { n: one.line })}: ` : "", one.message))) : null), near.length ? rowsTable(t("The rows that were refused"), header, near, wrong) : null];
}

/** Remembers what a batch was made of, for the last few: the API does not give texts back. */
function keep(batchId, source) {
  const all = Object.entries(read("batches", "sessionStorage") ?? {});
  all.push([batchId, source]);
  let kept = all.slice(-KEPT);
  while (kept.length && JSON.stringify(kept).length > KEPT_CHARACTERS) kept = kept.slice(1);
  write("batches", Object.fromEntries(kept), "sessionStorage");
}

/** A batch of what failed in another. */
export async function again(batchId, failed) {
  const source = read("batches", "sessionStorage")?.[batchId];
  if (!source) throw new Error(t("This tab no longer has the texts of the batch. Send the failed ones anew."));
  if (source.body) return make({ ...source.body, texts: failed.map((item) => source.body.texts[item.index]) });
  const rows = failed.map((item) => source.csv.rows[item.index]);
  const text = csv.write(source.csv.header, rows.map((row) => row.cells));
  const parsed = csv.parse(text);
  return makeFromCsv(new Blob([text], { type: "text/csv" }), "again.csv", { csv: parsed });
}
