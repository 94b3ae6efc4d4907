// The playground: a text is spoken while it is made, or becomes a file of the caller's.
import { get, newKey, post, query } from "../shared/api.js";
import { announce, badge, busy, button, empty, failure, field, notice, select } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { followJob, isOver } from "../shared/events.js";
import { pagedTable } from "../shared/list.js";
import { duration, number, t, time } from "../shared/messages.js";
import { read, write } from "../shared/settings.js";
import { page } from "../shared/shell.js";
import { playButton, player, save, saveButton, waveform } from "../shared/sound.js";
import { FORMATS, voiceChoice } from "../shared/voices.js";
import { speak } from "./stream.js";

const LONGEST = 5_000;

async function render(body) {
  const models = (await get("/v1/models")).data;
  const form = await makeForm(models);
  const stage = h("section", { class: "card stack", "aria-label": t("Player") }, empty(t("Press “Speak” to hear the text while it is made.")));
  const files = filesTable();
  form.onSpeak = () => hear(form, stage);
  form.onFile = (trigger, out) => makeFile(form, trigger, out, files);
  body.append(h("div", { class: "two" }, form.element, stage),
    h("section", { class: "card stack" }, h("h2", {}, t("Your files")), files));
}

async function makeForm(models) {
  const { tongue, voice } = await voiceChoice();
  const text = h("textarea", { maxlength: LONGEST, rows: 7, value: read("draft") ?? t("Good morning. This voice is made here, while you listen.") });
  const speed = h("input", { type: "range", min: 0.5, max: 2, step: 0.05, value: 1 });
  const format = select(FORMATS, "mp3");
  const count = h("span", { class: "quiet small" });
  const parts = {
    text: field(t("Text"), text, { hint: t("Plain text, Markdown, HTML or SSML") }),
    speed: field(t("Speed"), speed),
  };
  const speedShown = h("output", {}, "1×");
  speed.addEventListener("input", () => fill(speedShown, `${number(Number(speed.value), 2)}×`));
  const counted = () => {
    write("draft", text.value);
    fill(count, t("{n} of {most} characters", { n: number(text.value.length), most: number(LONGEST) }));
  };
  text.addEventListener("input", counted);
  counted();
  const form = { values: () => ({ text: text.value, language: tongue.value, voice: voice.value, speed: Number(speed.value), format: format.value }), parts, models };
  const out = h("div");
  const speakButton = h("button", { class: "primary", title: "Ctrl+Enter" }, "▶ ", t("Speak"));
  const fileButton = button(t("Make a file"), () => check(form) && form.onFile(fileButton, out));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.element.requestSubmit();
  });
  const submit = (event) => {
    event.preventDefault();
    if (check(form)) form.onSpeak();
  };
  parts.speed.querySelector("label").append(" ", speedShown);
  form.element = h("form", { class: "card stack", on: { submit } }, parts.text, count,
    h("div", { class: "row end" }, field(t("Language"), tongue), field(t("Voice"), voice)),
    h("div", { class: "row end" }, parts.speed, field(t("Format of a file"), format)),
    out, h("div", { class: "row" }, speakButton, fileButton));
  return form;
}

function check({ values, parts }) {
  const missing = values().text.trim() === "";
  parts.text.complain(missing ? t("Write what is to be spoken.") : undefined);
  if (missing) parts.text.control.focus();
  return !missing;
}

let current;

function hear(form, stage) {
  current?.stop();
  const { text, language, voice, speed } = form.values();
  const wave = h("div");
  const told = h("p", { class: "quiet" }, t("Waiting for the first sound …"));
  // How far it is is to be heard, not to be told.
  announce(told.textContent, true);
  const rest = h("div", { class: "stack" });
  const stop = button(t("Stop"), () => {
    current.stop();
    fill(told, t("Stopped."));
    announce(t("Stopped."), true);
    controls.hidden = true;
  });
  const pause = button(t("Pause"), () => {
    const on = pause.textContent === t("Pause");
    current[on ? "pause" : "resume"]();
    fill(pause, on ? t("Go on") : t("Pause"));
  });
  const controls = h("div", { class: "row" }, pause, stop);
  fill(stage, h("h2", {}, t("Listen")), wave, told, controls, rest);
  let drawn = 0;
  const own = speak({ model: "tts-1", input: text, voice, language, speed }, (view) => {
    if (view.first !== undefined && !controls.hidden) fill(told, progress(view));
    if (view.pieces.length !== drawn) fill(wave, waveform(joined(view.pieces)));
    drawn = view.pieces.length;
    if (view.done && view.played >= view.seconds) controls.hidden = true;
  });
  current = own;
  own.finished.then((wav) => {
    fill(rest, player(wav, t("The whole text")), h("div", {}, button(t("Save as WAV"), () => save(wav, "speech.wav"), { kind: "tiny" })));
  }).catch((error) => {
    controls.hidden = true;
    if (error.name !== "AbortError") fill(stage, failure(error, () => hear(form, stage)));
  });
}

function progress({ played, seconds, first, done }) {
  const known = t("{played} of {seconds}, first sound after {ms} ms", { played: duration(played), seconds: duration(seconds), ms: number(first) });
  return done ? known : `${known} …`;
}

function joined(pieces) {
  const whole = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function makeFile(form, trigger, out, files) {
  await busy(trigger, out, async () => {
    const { text, language, voice, speed, format } = form.values();
    const answer = await post("/api/v1/speech", { text, language, voice_id: voice, speed, response_format: format }, { key: newKey() });
    const warnings = (answer.warnings ?? []).map((one) => notice("warn", one.message));
    files.refresh(true);
    const job = await followJob(answer.job_id, (state) => fill(out, warnings, h("p", { class: "loading" }, t("Being made …"), ` ${state.progress} %`)),
      new AbortController().signal, get);
    announce(t("The file is {state}.", { state: t(job.status) }), true);
    fill(out, warnings, job.error ? notice("bad", job.error.message) : null);
    files.refresh(true);
  });
}

function filesTable() {
  const table = pagedTable({
    caption: t("Files that were made, newest first"),
    load: (cursor) => get(query("/api/v1/jobs", { kind: "speech", limit: 10, cursor })),
    none: empty(t("No files yet. “Make a file” keeps what is spoken here, to play and to download.")),
    columns: [
      [t("When"), (job) => time(job.created_at)],
      [t("State"), (job) => [badge(job.status), job.error ? h("p", { class: "small long" }, job.error.message) : null]],
      [t("Voice"), (job) => job.result?.voice_id ?? "–"],
      [t("Length"), (job) => duration(job.result?.duration_seconds)],
      [t("Sound"), (job) => sound(job), "tight"],
    ],
    onPage: (jobs) => {
      if (jobs.some((job) => !isOver(job.status))) setTimeout(() => table.refresh(), 3_000);
    },
  });
  return table;
}

function sound(job) {
  const path = job.result?.audio_url;
  if (!path) return "–";
  const ending = job.result.content_type.split("/")[1].replace("mpeg", "mp3");
  return h("span", { class: "row" }, playButton(path, t("the file of {when}", { when: time(job.created_at) })), saveButton(path, `${job.job_id}.${ending}`));
}

page({ name: "speech", title: t("Speech"), lead: t("Write a text, choose a voice, and listen while it is being made."), render });
