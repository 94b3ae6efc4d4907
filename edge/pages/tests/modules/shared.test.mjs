// The modules of the pages that need no browser.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const webui = new URL("../../../webui/", import.meta.url);
const load = (path) => import(new URL(path, webui));

test("events come whole out of pieces of any size", async () => {
  const { parser } = await load("shared/sse.js");
  const text = ": beat\nid: 7\nevent: state\ndata: {\"a\":\ndata: 1}\n\ndata: x\r\n\r\nretry: 5\n\nid: 8\ndata: \n\n";
  const wanted = [{ event: "state", data: '{"a":\n1}', id: "7" }, { event: "message", data: "x", id: "7" }, { event: "message", data: "", id: "8" }];
  for (const size of [1, 2, 3, 7, text.length]) {
    const seen = [];
    const feed = parser((event) => seen.push(event));
    for (let at = 0; at < text.length; at += size) feed(text.slice(at, at + size));
    assert.deepEqual(seen, wanted, `pieces of ${size}`);
  }
});

test("only passing trouble is worth another try, and only where it does no harm", async () => {
  const { passing, pause, repeatable } = await load("shared/retry.js");
  assert.deepEqual([429, 503, 500, 404].map(passing), [true, true, false, false]);
  assert.deepEqual([repeatable("GET", false), repeatable("POST", false), repeatable("POST", true)], [true, false, true]);
  assert.equal(pause(1, "3"), 3000);
  assert.equal(pause(1, "3600"), undefined);
  assert.equal(pause(1, null, 0.5), 400);
  assert.ok(pause(30, null, 1) <= 25_000);
});

test("samples come whole out of bytes that are cut anywhere", async () => {
  const { samplesOf, wavHeader, peaks } = await load("shared/pcm.js");
  const bytes = new Uint8Array(new Int16Array([0, 16384, -32768, 327]).buffer);
  for (const size of [1, 2, 3, 8]) {
    const decode = samplesOf();
    const seen = [];
    for (let at = 0; at < bytes.length; at += size) seen.push(...decode(bytes.subarray(at, at + size)));
    assert.deepEqual(seen, [0, 0.5, -1, Math.fround(327 / 32768)], `pieces of ${size}`);
  }
  const header = new DataView(wavHeader(24000, 8).buffer);
  assert.deepEqual([header.byteLength, header.getUint32(4, true), header.getUint32(24, true), header.getUint32(40, true)], [44, 44, 24000, 8]);
  assert.deepEqual(peaks(Float32Array.of(0, -1, 0.5, 0.25), 2), [1, 0.5]);
});

test("rows of CSV know the line where they begin", async () => {
  const { parse, decode, write, textsOf } = await load("batch/csv.js");
  const { separator, header, rows } = parse('\uFEFFText;voice_id\n"a ""b"";\nc";x\n;\nd;y');
  assert.equal(separator, ";");
  assert.deepEqual(header, ["text", "voice_id"]);
  assert.deepEqual(rows, [{ line: 2, cells: ['a "b";\nc', "x"] }, { line: 5, cells: ["d", "y"] }]);
  assert.deepEqual(parse("sep=|\r\na|b\r\n1|2\r\n").rows, [{ line: 3, cells: ["1", "2"] }]);
  assert.deepEqual(parse(write(["a", "b"], [['x,"y"', "z\n"]])).rows[0].cells, ['x,"y"', "z\n"]);
  assert.equal(decode(Uint8Array.of(0xe9)), "é");
  assert.deepEqual(textsOf("a\n\n b \nc", "line"), ["a", "b", "c"]);
  assert.deepEqual(textsOf("a\nb\n\nc", "paragraph"), ["a\nb", "c"]);
  assert.deepEqual(parse('a\n"open').rows, [{ line: 2, cells: ["open"] }]);
});

test("axes have few round values", async () => {
  const { range, scale, ticks } = await load("shared/chart.js");
  assert.deepEqual(ticks([0, 10]), [0, 2, 4, 6, 8, 10]);
  assert.equal(scale([0, 10], [100, 0])(5), 50);
  for (const limits of [[3, 3], [0.01, 0.02], [0, 3000]]) assert.ok(ticks(limits).length <= 7, `${limits}`);
  assert.deepEqual(range([]), [0, 1]);
});

test("what falls with a voice is every mix that holds it, through others too", async () => {
  const { fallsWith } = await load("voices/voices.js");
  const mix = (voice_id, ...parts) => ({ voice_id, lineage: { mix: parts.map((id) => ({ voice_id: id })) } });
  const fallen = fallsWith("a", [mix("d", "c"), mix("c", "a", "b"), mix("e", "b")]);
  assert.deepEqual(fallen.map((voice) => voice.voice_id), ["d", "c"]);
});

test("after the sign-in one goes back to this site alone", async () => {
  const { target } = await load("sign-in/sign-in.js");
  assert.equal(target("/webui/batch?batch=1"), "/webui/batch?batch=1");
  for (const foreign of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", undefined]) assert.equal(target(foreign), "/webui/speech");
});

test("the language is the one that was chosen, else the browser's, else English", async () => {
  const { choose, format } = await load("shared/messages.js");
  assert.deepEqual([choose("pt", ["en"]), choose(undefined, ["fr", "pt-BR"]), choose(undefined, ["fr"])], ["pt", "pt", "en"]);
  assert.equal(format("{n} of {all}, {other}", { n: 1, all: 0 }), "1 of 0, {other}");
});

test("every text of the pages has a translation, with the same values in it", async () => {
  const pt = (await load("shared/messages/pt.js")).default;
  const texts = sources(webui).flatMap(textsIn);
  assert.ok(texts.length > 300);
  assert.deepEqual(texts.filter((text) => !(text in pt)), []);
  const values = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [text, translated] of Object.entries(pt)) assert.deepEqual(values(translated), values(text), text);
});

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (["docs", "redoc", "messages"].includes(entry.name)) return [];
    if (entry.isDirectory()) return sources(new URL(`${entry.name}/`, folder));
    return /\.(js|html)$/.test(entry.name) ? [readFileSync(new URL(entry.name, folder), "utf8")] : [];
  });
}

function textsIn(source) {
  const called = [...source.matchAll(/\bt\("((?:[^"\\]|\\.)*)"/g)].map(([, text]) => JSON.parse(`"${text}"`));
  const marked = [...source.matchAll(/data-text>([^<]+)</g)].map(([, text]) => text);
  return [...called, ...marked];
}
