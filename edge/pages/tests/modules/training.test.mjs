// The modules of the training page that need no browser.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const training = new URL("../../../webui/training/", import.meta.url);
const load = (name) => import(new URL(name, training));

test("a run's history takes each step once", async () => {
  const { history, take } = await load("told.js");
  const known = history();
  for (const step of [3, 1, 2, 2, 1, 3]) take(known, "progress", { step, loss: { train: step } });
  for (const step of [2, 4, 4]) take(known, "checkpoint", { step, evaluation_loss: step === 2 ? null : 9 });
  assert.deepEqual(known.train, [[1, 1], [2, 2], [3, 3]]);
  assert.deepEqual(known.evaluation, [[4, 9]]);
  for (let at = 0; at < 600; at += 1) take(known, "log", { message: String(at) });
  assert.deepEqual([known.lines.length, known.lines.at(-1).message], [500, "599"]);
});

test("samples stand by their steps, the newest first", async () => {
  const { bySteps } = await load("told.js");
  const samples = [[50, "a"], [50, "b"], [100, "a"]].map(([step, text]) => ({ step, text }));
  assert.deepEqual(bySteps(samples).map(({ step, samples: some }) => [step, some.length]), [[100, 1], [50, 2]]);
});

test("an address means the run that it names, or the latest of its dataset", async () => {
  const { meant } = await load("told.js");
  const runs = [["r3", "d2"], ["r2", "d1"], ["r1", "d1"]].map(([run_id, dataset_id]) => ({ run_id, dataset_id }));
  const found = (address) => meant(runs, address)?.run_id;
  assert.deepEqual([found({}), found({ run: "r1" }), found({ run: "r3", dataset: "d1" }), found({ dataset: "d3" })], ["r3", "r1", "r2", undefined]);
});

test("presets go a part of the way that fits, that way, or twice as far", async () => {
  const { stepsOf } = await load("told.js");
  assert.deepEqual(["quick", "balanced", "thorough"].map((preset) => stepsOf(preset, 301)), [100, undefined, 602]);
});

test("files go by the ways that fit them", async () => {
  const { plan, FORM_FILES } = await load("bringing.js");
  const file = (name, size = 10, path = undefined) => ({ name, size, path });
  const names = ({ uploads, together, forms, others }) => [uploads, together, ...forms, others].map((files) => files.map(({ name }) => name));
  assert.deepEqual(names(plan([file("a.zip"), file("b.wav"), file("c.pdf")])), [["a.zip"], [], ["b.wav"], ["c.pdf"]]);
  assert.deepEqual(names(plan([file("a.wav"), file("a.txt"), file("b.WAV", 30e6)])), [[], ["a.txt", "a.wav", "b.WAV"], []]);
  assert.deepEqual(names(plan([file("big.flac", 30e6), file("a.mp3", 10e6), file("b.mp3", 9e6)])), [["big.flac"], [], ["a.mp3"], ["b.mp3"], []]);
  assert.deepEqual(names(plan([file("alone.txt"), file("x.wav", 5, "__MACOSX/x.wav"), file(".hidden.wav")])), [[], [], ["alone.txt"]]);
  const many = plan(Array.from({ length: 2 * FORM_FILES + 1 }, (_, at) => file(`${at}.wav`)));
  assert.deepEqual(many.forms.map((form) => form.length), [FORM_FILES, FORM_FILES, 1]);
});

test("what several imports did is told as one", async () => {
  const { summed } = await load("bringing.js");
  const all = summed([{ files: 2, with_text: 1, seconds: 3.5, refused: [{ filename: "x" }], format: "pairs" }, {}, undefined, { files: 1, seconds: 1, bad_rows: [{ line: 3 }] }]);
  assert.deepEqual([all.files, all.with_text, all.seconds, all.refused.length, all.bad_rows.length, all.formats], [3, 1, 4.5, 1, 1, ["pairs"]]);
});

test("a ZIP that is put together here is read by others", async () => {
  const { crc32, zip } = await load("zip.js");
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  const folder = mkdtempSync(join(tmpdir(), "zip-"));
  try {
    const path = join(folder, "x.zip");
    const entries = [["wavs/a.wav", "sound"], ["metadata.csv", "a|Olá, mundo."], ["é.txt", ""]].map(([name, text]) => ({ name, blob: new Blob([text]) }));
    writeFileSync(path, new Uint8Array(await (await zip(entries)).arrayBuffer()));
    const script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint([(i.filename, z.read(i).decode()) for i in z.infolist()])";
    const read = execFileSync("python3", ["-c", script, path], { encoding: "utf8", env: { ...process.env, PYTHONIOENCODING: "utf8" } });
    assert.equal(read.trim(), "[('wavs/a.wav', 'sound'), ('metadata.csv', 'a|Olá, mundo.'), ('é.txt', '')]");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("keys of the table play, go on, judge and write", async () => {
  const { rowAction, textAction } = await load("keys.js");
  assert.deepEqual([" ", "Enter", "x", "b", "e", "ArrowUp", "q"].map(rowAction), ["play", "next", "judge", "edges", "edit", "previous", undefined]);
  const text = (key, more = {}) => textAction({ key, ctrlKey: false, shiftKey: false, ...more });
  assert.deepEqual([text(" "), text(" ", { ctrlKey: true }), text("Enter"), text("Enter", { shiftKey: true }), text("x")], [undefined, "play", "keep", undefined, undefined]);
});

test("addresses are those of the web, one a line, each once", async () => {
  const { addressesOf } = await load("bringing.js");
  assert.deepEqual(addressesOf(" https://a.example/x.wav \n\nhttp://b.example/\r\nhttps://a.example/x.wav\nfile:///etc/passwd\nhttps://\nwww.example"), {
    good: ["https://a.example/x.wav", "http://b.example/"], bad: ["file:///etc/passwd", "https://", "www.example"],
  });
});

test("a segment ends after it begins, neither at once nor much later", async () => {
  const { wrongBounds } = await load("bounds.js");
  assert.equal(wrongBounds(0, 2), undefined);
  assert.equal(wrongBounds(1.5, 1.8), undefined);
  for (const [start, end] of [[-1, 2], [0, 0.2], [2, 1], [0, 31], [NaN, 1], [0, NaN]]) assert.equal(typeof wrongBounds(start, end), "string", `${start} to ${end}`);
});

test("what was not measured says why, and what nobody measured is left out", async () => {
  const { measured, rowsOf } = await load("measures.js");
  assert.deepEqual(measured({ word_error_rate: 0.1 }, "word_error_rate"), { value: 0.1 });
  assert.deepEqual(measured({ word_error_rate: null, unmeasured: { word_error_rate: "no model" } }, "word_error_rate"), { why: "no model" });
  assert.deepEqual(measured({ word_error_rate: null }, "word_error_rate"), { why: undefined });
  const rows = rowsOf({ duration_seconds: 3, word_error_rate: null }, { duration_seconds: 4, word_error_rate: null, speaker_distance_db: 0.25 });
  assert.deepEqual(rows.map(({ a, b }) => [a?.value, b?.value]), [[3, 4], [undefined, 0.25]]);
});

test("what the API says of a dataset is said in the page's words", async () => {
  const { isKnown, said } = await load("said.js");
  const source = readFileSync(new URL("../../../../shared/functions/training/stats.sql", import.meta.url), "utf8");
  // The sentences of blockers and advice, with figures where those are put in.
  const bodies = source.split("create or replace function training.").filter((one) => /^dataset_(blockers|advice)/.test(one)).join("");
  const sentences = [...bodies.matchAll(/(?:format|jsonb_build_array)\(\s*'([^']+)'/g)].map(([, text]) => text).filter((text) => / /.test(text) && /^[A-Z%]/.test(text));
  assert.ok(sentences.length >= 14, String(sentences.length));
  for (const sentence of sentences) {
    const told = sentence.replace("%s of speech:", "5 minutes of speech:").replaceAll("%s", "7");
    assert.ok(isKnown(told), told);
    assert.ok(!/`/.test(said(told)), said(told));
  }
  assert.equal(said("Something new."), "Something new.");
});
