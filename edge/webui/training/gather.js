// The ways of recordings into a dataset: files and archives, with or without words, and sentences read aloud.
import { announce, busy, failure, field, notice, tabs, tell } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { duration, number, t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { addressesPanel } from "./addresses.js";
import { dropped, plan, summed } from "./bringing.js";
import { importUpload, resultOf, sendFiles } from "./calls.js";
import { promptsPanel } from "./prompts.js";
import { upload } from "./upload.js";
import { FORMATS } from "./words.js";
import { zip } from "./zip.js";

const SHOWN = 20;

export function gather(dataset, refresh, signal) {
  return tabs(t("Where the recordings come from"), [
    ["files", t("Files"), (panel) => filesPanel(panel, dataset, refresh, signal)],
    ["prompts", t("Read aloud"), (panel) => promptsPanel(panel, dataset, refresh, signal)],
    ["addresses", t("Addresses"), (panel) => addressesPanel(panel, dataset, refresh, signal)],
  ], parameters().from, (from) => remember({ from: from === "files" ? null : from }));
}

function filesPanel(panel, dataset, refresh, signal) {
  const input = h("input", { type: "file", multiple: true, accept: "audio/*,.zip,.wav,.flac,.mp3,.ogg,.opus,.m4a,.webm,.csv,.tsv,.txt,.list,.jsonl" });
  const out = h("div", { class: "stack" });
  const take = (files) => files.length && busy(input, out, async () => {
    const result = await bring(files, dataset.dataset_id, (text) => tell(out, text), signal);
    fill(out, came(result));
    announce(t("{n} recordings came in ({length}), {m} of them with words.", { n: number(result.files), length: duration(result.seconds), m: number(result.with_text) }), true);
    await refresh();
  });
  input.addEventListener("change", async () => {
    const files = [...input.files];
    await take(files);
    // So that the same file can be chosen again.
    input.value = "";
  });
  const zone = h("div", { class: "drop" }, field(t("Recordings, or a ZIP of them"), input, {
    hint: t("Words come along in a metadata.csv, or in a .txt of the same name beside each recording."),
  }), h("p", { class: "hint" }, t("or drop files or a folder here")));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    try {
      take(await dropped(event.dataTransfer));
    } catch (error) {
      // A file or folder that the browser may not read.
      fill(out, failure(error));
    }
  });
  panel.append(h("div", { class: "stack" }, zone, out));
}

/** Sends files by the ways that fit them, one after the other, and gives what came of it; `told(text)` says how far it is. */
async function bring(files, dataset, told, signal) {
  const { uploads, together, forms, others } = plan(files);
  if (!uploads.length && !together.length && !forms.length) throw new Error(t("None of these files is a recording or a ZIP."));
  const results = [{ refused: others.map(({ name }) => ({ filename: name, reason: t("is neither a recording nor words for one") })) }];
  const large = uploads.map((file) => ({ name: file.name, make: () => file }));
  if (together.length) large.push({ name: "recordings.zip", make: () => zip(together.map((file) => ({ name: file.path ?? file.name, blob: file }))) });
  for (const { name, make } of large) {
    told(t("{name} is being prepared …", { name }));
    const id = await upload(await make(), name, (share) => told(t("{name}: {share} % sent", { name, share: number(100 * share) })), signal);
    results.push(await taken(await importUpload(dataset, id, signal), name, told, signal));
  }
  for (const form of forms) {
    const name = form.length === 1 ? form[0].name : t("{n} recordings", { n: form.length });
    told(t("{name} is being sent …", { name }));
    results.push(await taken(await sendFiles(formOf(dataset, form), signal), name, told, signal));
  }
  return summed(results);
}

const taken = (answer, name, told, signal) => resultOf(answer, ({ progress }) => told(t("{name} is being looked at: {share} %", { name, share: number(progress ?? 0) })), signal);

function formOf(dataset, files) {
  const form = new FormData();
  form.append("dataset", dataset);
  files.forEach((file) => form.append("file", file, file.name));
  return form;
}

/** What came in, and what did not, with reasons. */
function came(result) {
  const problems = [
    ...result.refused.map(({ filename, reason }) => `${filename}: ${reason}`),
    ...result.bad_rows.map(({ file, line, reason }) => `${file}, ${t("line {n}", { n: line })}: ${reason}`),
    ...result.missing_audio.map(({ file, line, audio }) => `${file}, ${t("line {n}", { n: line })}: ${t("{name} is missing", { name: audio })}`),
  ];
  const formats = [...new Set(result.formats)].filter((one) => one !== "audio").map((one) => FORMATS[one] ?? one);
  return [
    notice(result.files ? "good" : "warn", t("{n} recordings came in ({length}), {m} of them with words.", { n: number(result.files), length: duration(result.seconds), m: number(result.with_text) }),
      formats.length ? ` ${t("Words were read as: {format}.", { format: formats.join(", ") })}` : ""),
    problems.length ? notice("warn", h("p", {}, t("{n} could not be used:", { n: number(problems.length) })), h("ul", {}, problems.slice(0, SHOWN).map((one) => h("li", {}, one)),
      problems.length > SHOWN ? h("li", {}, t("… and {n} more", { n: number(problems.length - SHOWN) })) : null)) : null,
  ];
}
