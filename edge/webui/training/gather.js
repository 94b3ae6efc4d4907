// The ways of recordings into a dataset: files and archives, addresses, sentences read aloud.
import { get, newKey, post, query, send } from "../shared/api.js";
import { busy, button, field, notice, select, tabs, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { followJob } from "../shared/events.js";
import { number, t } from "../shared/messages.js";
import { recorderPanel } from "../shared/recorder.js";
import { upload } from "./upload.js";

const LARGE_BYTES = 8e6;
const ADDRESSES = 20;
const SENTENCES = 40;

export function gather(dataset, refresh, signal) {
  return tabs(t("Where the recordings come from"), [
    ["files", t("Files"), (panel) => filesPanel(panel, dataset, refresh, signal)],
    ["prompts", t("Read aloud"), (panel) => promptsPanel(panel, dataset, refresh)],
    ["addresses", t("Addresses"), (panel) => addressesPanel(panel, dataset, refresh, signal)],
  ]);
}

function filesPanel(panel, dataset, refresh, signal) {
  const input = h("input", { type: "file", multiple: true, accept: "audio/*,.zip,.wav,.flac,.mp3,.ogg,.m4a,.webm" });
  const out = h("div", { "aria-live": "polite" });
  const take = (files) => busy(input, out, async () => {
    for (const [at, file] of files.entries()) {
      const told = (share) => fill(out, waiting(t("{name}, {n} of {all}: {share} %", { name: file.name, n: at + 1, all: files.length, share: number(100 * share) })));
      told(0);
      await bring(file, dataset, told, signal);
    }
    fill(out, notice("good", t("{n} files came in.", { n: files.length })));
    await refresh();
  });
  input.addEventListener("change", () => take([...input.files]));
  const zone = h("div", { class: "drop" }, field(t("Recordings, or a ZIP of them"), input, { hint: t("A metadata.csv in the ZIP gives the texts.") }), h("p", { class: "hint" }, t("or drop them here")));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
  panel.append(h("div", { class: "stack" }, zone, out));
}

/** Small recordings in one request, large ones and archives in parts. */
async function bring(file, dataset, onProgress, signal) {
  if (file.size <= LARGE_BYTES && !/\.(zip|tar|gz)$/i.test(file.name)) {
    const form = new FormData();
    form.append("dataset", dataset.dataset_id);
    form.append("file", file, file.name);
    const answer = await send("POST", "/training/dataset/upload", { body: form, key: newKey(), signal });
    return ended(answer, signal);
  }
  const id = await upload(file, onProgress, signal);
  return ended(await post("/training/dataset/import", { dataset: dataset.dataset_id, upload_id: id }, { key: newKey(), signal }), signal);
}

async function ended(answer, signal) {
  if (!answer?.job_id) return;
  const job = await followJob(answer.job_id, () => {}, signal, get);
  if (job.status === "failed") throw new Error(job.error?.message ?? t("failed"));
}

function addressesPanel(panel, dataset, refresh, signal) {
  const text = field(t("Addresses, one a line"), h("textarea", { rows: 4, required: true, placeholder: "https://" }), { hint: t("Up to {n}", { n: ADDRESSES }) });
  const rights = field(t("By what right"), select([["own", t("They are mine")], ["licensed", t("I have a licence")], ["public_domain", t("They are in the public domain")]]));
  const out = h("div");
  const act = h("button", { class: "primary" }, t("Fetch"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      const urls = text.control.value.split(/\s+/).filter(Boolean);
      const { job_id: id } = await post("/training/dataset/download", { dataset: dataset.dataset_id, urls, rights: rights.control.value }, { key: newKey() });
      const job = await followJob(id, ({ progress }) => fill(out, waiting(`${t("Being fetched …")} ${progress ?? 0} %`)), signal, get);
      const failed = job.result?.failed ?? [];
      fill(out, failed.length ? notice("warn", h("ul", {}, failed.map((one) => h("li", {}, `${one.url}: ${one.reason}`)))) : job.error ? notice("bad", job.error.message) : notice("good", t("All came in.")));
      await refresh();
    });
  };
  panel.append(h("form", { class: "stack", on: { submit } }, text, rights, out, h("div", {}, act)));
}

async function promptsPanel(panel, dataset, refresh) {
  const place = panel.appendChild(h("div", { class: "stack" }, waiting()));
  const { items } = await get(query("/training/dataset/prompts", { language: dataset.language, count: SENTENCES })).catch((error) => {
    fill(place, notice("bad", error.message));
    return { items: [] };
  });
  if (!items.length) return;
  let [at, take] = [0, undefined];
  const sentence = h("p", { style: "font-size: 1.4rem" });
  const counted = h("p", { class: "quiet" });
  const out = h("div");
  const slot = h("div");
  const next = () => {
    const item = items[at % items.length];
    fill(sentence, item.text ?? item);
    fill(counted, t("Sentence {n} of {all}", { n: at + 1, all: items.length }));
    const recorder = recorderPanel((made) => {
      take = made;
      keep.disabled = !made;
    }, { longest: 30 });
    keep.disabled = true;
    fill(slot, recorder);
  };
  const keep = button(t("Keep it and go on"), () => busy(keep, out, async () => {
    const form = new FormData();
    form.append("dataset", dataset.dataset_id);
    form.append("text", items[at % items.length].text ?? items[at % items.length]);
    form.append("file", take.blob, `prompt-${at + 1}.webm`);
    await ended(await send("POST", "/training/dataset/upload", { body: form, key: newKey() }), new AbortController().signal);
    at += 1;
    next();
    refresh(false);
  }), { kind: "primary", disabled: true });
  const skip = button(t("Another sentence"), () => {
    at += 1;
    next();
  });
  fill(place, counted, sentence, slot, out, h("div", { class: "row" }, keep, skip));
  next();
}
