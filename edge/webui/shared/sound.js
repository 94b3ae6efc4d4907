// Sound that is kept on the server: fetched with the caller's credentials, then played by the browser's own player.
import { blob } from "./api.js";
import { busy, button } from "./components.js";
import { fill, h, svg } from "./dom.js";
import { t } from "./messages.js";
import { peaks } from "./pcm.js";

let playing;

/** A button that plays what is at `path`; a second press stops it. One sound at a time. `onBytes` gets what was fetched. */
export function playButton(path, label, { kind = "tiny", onBytes = () => {} } = {}) {
  const out = h("span");
  let audio;
  const show = (on) => fill(act, h("span", { "aria-hidden": "true" }, on ? "■" : "▶"), on ? t("Stop") : t("Play"), h("span", { class: "hidden-text" }, ` ${label}`));
  const stop = () => {
    audio.pause();
    audio.currentTime = 0;
    show(false);
  };
  const act = button("", () => (audio && !audio.paused ? stop() : busy(act, out, async () => {
    audio ??= await load(path, () => show(false), onBytes);
    if (playing && playing !== stop) playing();
    playing = stop;
    await audio.play();
    show(true);
  })), { kind });
  show(false);
  return h("span", { class: "row" }, act, out);
}

async function load(path, onEnd, onBytes) {
  const bytes = await blob(path);
  onBytes(bytes);
  const audio = new Audio(URL.createObjectURL(bytes));
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

/** The outline of sound. */
export function waveform(samples, { low = false, count = 120 } = {}) {
  const heights = peaks(samples, count);
  const path = heights.map((height, at) => `M${at + 0.5} ${50 - Math.max(0.8, height * 48)}V${50 + Math.max(0.8, height * 48)}`).join("");
  return svg("svg", { class: low ? "wave low" : "wave", viewBox: `0 0 ${count} 100`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { d: path, stroke: "currentColor", "stroke-width": "0.7" }));
}
