// Speech that is heard while it is made: the bytes of the answer go to the sound card as they come.
import { send } from "../shared/api.js";
import { samplesOf, wavHeader } from "../shared/pcm.js";

/** What bare `pcm` has, as the API says. */
export const RATE = 24_000;
const LEAD_SECONDS = 0.12;

/**
 * Speaks `body` (that of `/v1/audio/speech`) and calls `onChange({seconds, played, samples, first, done})` as it goes on.
 * `stop()` ends it; `paused` can be changed; `finished` gives the whole as WAV.
 */
export function speak(body, onChange) {
  const stopper = new AbortController();
  const context = new AudioContext({ sampleRate: RATE });
  const state = { begun: performance.now(), pieces: [], bytes: [], seconds: 0, origin: undefined, first: undefined, done: false };
  const tell = () => onChange(view(state, context));
  const timer = setInterval(tell, 200);
  const end = () => {
    clearInterval(timer);
    tell();
  };
  const finished = listen(body, state, context, stopper.signal).finally(() => {
    state.done = true;
    tell();
    const left = Math.max(0, (state.origin ?? 0) + state.seconds - context.currentTime);
    if (stopper.signal.aborted) end();
    else setTimeout(end, left * 1000 + 400);
  });
  return {
    finished,
    pause: () => context.suspend(),
    resume: () => context.resume(),
    stop() {
      stopper.abort();
      context.close();
      end();
    },
  };
}

async function listen(body, state, context, signal) {
  const request = { body: { ...body, response_format: "pcm" }, signal, as: (response) => response.body.getReader() };
  const reader = await send("POST", "/v1/audio/speech", request);
  const decode = samplesOf();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    state.bytes.push(value);
    schedule(decode(value), state, context);
  }
  const size = state.bytes.reduce((sum, piece) => sum + piece.length, 0);
  return new Blob([wavHeader(RATE, size), ...state.bytes], { type: "audio/wav" });
}

/** Each piece begins where the one before ends; after a gap in the network, a little later than now. */
function schedule(samples, state, context) {
  if (!samples.length) return;
  state.first ??= performance.now() - state.begun;
  const earliest = context.currentTime + LEAD_SECONDS;
  state.origin ??= earliest;
  if (state.origin + state.seconds < context.currentTime) state.origin = earliest - state.seconds;
  const buffer = context.createBuffer(1, samples.length, RATE);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  source.start(state.origin + state.seconds);
  state.seconds += buffer.duration;
  state.pieces.push(samples);
}

function view(state, context) {
  const played = state.origin === undefined ? 0 : Math.min(state.seconds, Math.max(0, context.currentTime - state.origin));
  return { seconds: state.seconds, played, pieces: state.pieces, first: state.first, done: state.done };
}
