// Sound that is kept on the server: fetched with the caller's credentials, then played by the browser's own player.
import { blob } from "./api.js";
import { busy, button } from "./components.js";
import { fill, h, svg } from "./dom.js";
import { t } from "./messages.js";
import { peaks } from "./pcm.js";

let playing;

/** The bytes at a path, fetched when they are first asked for, and then kept. */
export function fetched(path) {
  let asked;
  return () => (asked ??= blob(path).catch((error) => {
    asked = undefined;
    throw error;
  }));
}

/** A button that plays what is at a path, or what a function gives; a second press stops it. One sound at a time. */
export function playButton(source, label, { kind = "tiny" } = {}) {
  const bytes = typeof source === "function" ? source : fetched(source);
  const out = h("span");
  let audio;
  const show = (on) => fill(act, h("span", { "aria-hidden": "true" }, on ? "■" : "▶"), on ? t("Stop") : t("Play"), h("span", { class: "hidden-text" }, ` ${label}`));
  const stop = () => {
    audio.pause();
    audio.currentTime = 0;
    show(false);
  };
  const act = button("", () => (audio && !audio.paused ? stop() : busy(act, out, async () => {
    audio ??= await load(bytes, () => show(false));
    if (playing && playing !== stop) playing();
    playing = stop;
    await audio.play();
    show(true);
  })), { kind });
  show(false);
  return h("span", { class: "row" }, act, out);
}

async function load(bytes, onEnd) {
  const audio = new Audio(URL.createObjectURL(await bytes()));
  audio.addEventListener("ended", onEnd);
  return audio;
}

/** The browser's player for bytes that are here. */
export function player(bytes, label) {
  return h("audio", { controls: true, src: URL.createObjectURL(bytes), "aria-label": label });
}

/** Gives bytes to the user as a file. */
export function save(bytes, name) {
  const link = h("a", { href: URL.createObjectURL(bytes), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function saveButton(path, name, label = t("Download")) {
  const out = h("span");
  const act = button(label, () => busy(act, out, async () => save(await blob(path), name)), { kind: "tiny" });
  return h("span", { class: "row" }, act, out);
}

/** The outline of sound that lies in a file, in whatever format the browser reads. */
export async function outline(bytes) {
  const context = new OfflineAudioContext(1, 1, 16_000);
  const sound = await context.decodeAudioData(await bytes.arrayBuffer());
  return waveform(sound.getChannelData(0), { low: true });
}

const DRAWN_AT_ONCE = 2;
const waitingToBeDrawn = [];
let drawing = 0;

/** An element in which the outline of `bytes()` is drawn once it is seen, a few at a time. */
export function outlineWhenSeen(bytes) {
  const element = h("div", { class: "outline" });
  const eye = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    eye.disconnect();
    waitingToBeDrawn.push(async () => {
      // Where the page was turned meanwhile there is nothing to draw for.
      if (element.isConnected) fill(element, await outline(await bytes()));
    });
    drawNext();
  });
  eye.observe(element);
  return element;
}

function drawNext() {
  if (drawing >= DRAWN_AT_ONCE || !waitingToBeDrawn.length) return;
  drawing += 1;
  // A sound that cannot be drawn can still be tried to be heard, which says why.
  waitingToBeDrawn.shift()().catch(() => {}).finally(() => {
    drawing -= 1;
    drawNext();
  });
  drawNext();
}

/** The outline of sound. */
export function waveform(samples, { low = false, count = 120 } = {}) {
  const found = peaks(samples, count);
  // A small one is there to tell sounds from pauses: it is as high as there is room, but noise alone stays low.
  const most = low ? Math.max(0.1, ...found) : 1;
  const heights = found.map((height) => height / most);
  const path = heights.map((height, at) => `M${at + 0.5} ${50 - Math.max(0.8, height * 48)}V${50 + Math.max(0.8, height * 48)}`).join("");
  return svg("svg", { class: low ? "wave low" : "wave", viewBox: `0 0 ${count} 100`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { d: path, stroke: "currentColor", "stroke-width": "0.7" }));
}
