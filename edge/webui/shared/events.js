// Something on the server, followed live: server-sent events over `fetch` (an `EventSource` cannot say who asks), taken up again
// where they broke off; where no stream can be had, by asking every few seconds.
import { session, sleep } from "./api.js";
import { parser } from "./sse.js";

const POLL_MS = 3_000;
const STREAM_TRIES = 3;

/**
 * Follows `path` until it ends or `signal` says stop. `onEvent({event, data, id})` gets the events, data read as JSON where it
 * is; `poll()` asks by hand and gives true when there is nothing left to follow.
 */
export async function follow(path, { onEvent, poll, signal }) {
  const state = { lastId: undefined, failures: 0 };
  while (!signal.aborted) {
    const outcome = await stream(path, state, onEvent, signal);
    if (outcome === "over" || (await poll().catch(() => false))) return;
    state.failures = outcome === "told" ? 0 : state.failures + 1;
    if (state.failures >= STREAM_TRIES) return pollOn(poll, signal);
    await sleep(500 * 2 ** state.failures, signal).catch(() => {});
  }
}

async function pollOn(poll, signal) {
  while (!signal.aborted) {
    await sleep(POLL_MS, signal).catch(() => {});
    if (!signal.aborted && (await poll().catch(() => false))) return;
  }
}

/** One connection: `over` when the server has nothing more, `told` when it broke off after events, `failed` otherwise. */
async function stream(path, state, onEvent, signal) {
  let told = false;
  try {
    const response = await fetch(path, { headers: headers(state.lastId), signal });
    if (response.status === 204) return "over";
    if (!response.ok || !response.body) return "failed";
    const feed = parser(({ event, data, id }) => {
      told = true;
      state.lastId = id || state.lastId;
      onEvent({ event, data: parsed(data), id });
    });
    for await (const text of pieces(response.body)) feed(text);
  } catch {
    // Broken off; the caller begins again.
  }
  return told ? "told" : "failed";
}

function headers(lastId) {
  const token = session()?.token;
  return {
    accept: "text/event-stream",
    ...(token && { authorization: `Bearer ${token}` }),
    ...(lastId && { "last-event-id": lastId }),
  };
}

async function* pieces(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

/** Follows a job to its end; `onJob` gets it whenever something changed. */
export async function followJob(jobId, onJob, signal, get) {
  let job = await get(`/api/v1/jobs/${jobId}`);
  onJob(job);
  const poll = async () => {
    job = await get(`/api/v1/jobs/${jobId}`);
    onJob(job);
    return isOver(job.status);
  };
  const onEvent = ({ event, data }) => {
    if (event === "state") job = data;
    else if (event === "progress") job = { ...job, ...data };
    onJob(job);
  };
  if (!isOver(job.status)) await follow(`/api/v1/jobs/${jobId}/events`, { onEvent, poll, signal });
  return job;
}

export function isOver(status) {
  return ["completed", "completed_with_errors", "failed", "cancelled", "expired"].includes(status);
}
