// The microphone: a level to see, and what was said as bytes that the API reads.
import { button } from "./components.js";
import { fill, h } from "./dom.js";
import { duration, t } from "./messages.js";

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const HOT = 0.95;

/** Begins to record; `onLevel(0..1)` is called as long as it lasts; `stop()` gives `{blob, seconds}`. */
export async function record(onLevel) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, noiseSuppression: false, autoGainControl: false } });
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 128_000 });
  const pieces = [];
  const begun = performance.now();
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  const endLevel = level(stream, onLevel);
  recorder.start(1_000);
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  return {
    async stop() {
      const seconds = (performance.now() - begun) / 1000;
      if (recorder.state !== "inactive") recorder.stop();
      await ended;
      endLevel();
      stream.getTracks().forEach((track) => track.stop());
      return { blob: new Blob(pieces, { type: recorder.mimeType.split(";")[0] }), seconds };
    },
  };
}

function level(stream, onLevel) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    onLevel(samples.reduce((loudest, value) => Math.max(loudest, Math.abs(value)), 0));
  }, 60);
  return () => {
    clearInterval(timer);
    context.close();
  };
}

/** Buttons to record, to listen, and to take again; `onTake({blob, seconds} or undefined)` tells what there is. */
export function recorderPanel(onTake, { longest = 60 } = {}) {
  const meter = h("div");
  const told = h("p", { class: "quiet", role: "status" });
  const heard = h("div");
  let running;
  let timer;
  const act = button(t("Record"), () => (running ? stop() : start()), { kind: "primary" });
  const show = (loudest) => {
    meter.style.transform = `scaleX(${Math.min(1, loudest)})`;
    meter.classList.toggle("hot", loudest > HOT);
  };
  async function start() {
    fill(heard);
    try {
      running = await record(show);
    } catch (error) {
      return fill(told, refused(error));
    }
    onTake(undefined);
    fill(act, t("Stop recording"));
    fill(told, t("Recording … speak as you would to a person beside you."));
    timer = setTimeout(stop, longest * 1000);
  }
  async function stop() {
    clearTimeout(timer);
    const own = running;
    running = undefined;
    const take = await own.stop();
    show(0);
    fill(act, t("Take again"));
    fill(told, t("Recorded {seconds}.", { seconds: duration(take.seconds) }));
    fill(heard, h("audio", { controls: true, src: URL.createObjectURL(take.blob), "aria-label": t("Your recording") }));
    onTake(take);
  }
  const element = h("div", { class: "stack" }, h("div", { class: "row" }, act), h("div", { class: "meter", "aria-hidden": "true" }, meter), told, heard);
  element.quit = () => running?.stop();
  return element;
}

function refused(error) {
  if (error.name === "NotAllowedError") return t("The browser does not let this page use the microphone. Allow it beside the address, then try again.");
  if (error.name === "NotFoundError") return t("There is no microphone. Plug one in, or bring a file.");
  return t("The microphone cannot be used: {why}", { why: error.message });
}
