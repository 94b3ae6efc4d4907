// The way to the API: who is signed in, problems as errors, tries after passing trouble, keys of idempotency.
import { TRIES, passing, pause, repeatable } from "./retry.js";
import { read, write } from "./settings.js";

/** An answer that is no success, or none at all (`status` 0). */
export class ApiError extends Error {
  constructor(status, problem, requestId) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.requestId = problem.request_id ?? requestId;
    this.errors = problem.errors ?? [];
  }
}

const SESSION = "session";

/** `{token, expiresAt}` of who is signed in, kept for the tab, or on the device where that was wished. */
export function session() {
  const kept = read(SESSION, "sessionStorage") ?? read(SESSION);
  return kept && kept.expiresAt > Date.now() ? kept : undefined;
}

export function endSession() {
  write(SESSION, undefined, "sessionStorage");
  write(SESSION, undefined);
}

export async function signIn(username, password, keep) {
  const answer = await send("POST", "/auth/login", { body: { username, password }, anonymous: true });
  endSession();
  const value = { token: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 };
  write(SESSION, value, keep ? "localStorage" : "sessionStorage");
}

export const get = (path, options) => send("GET", path, options);
export const post = (path, body, options) => send("POST", path, { body, ...options });
export const put = (path, body, options) => send("PUT", path, { body, ...options });
export const patch = (path, body, options) => send("PATCH", path, { body, ...options });
export const remove = (path, options) => send("DELETE", path, options);
/** The bytes of an answer, with its type. */
export const blob = (path) => send("GET", path, { as: (response) => response.blob() });

/** A path with those parameters that say something. */
export function query(path, values) {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return entries.length ? `${path}?${new URLSearchParams(entries)}` : path;
}

/** Makes a key for work that must be made once, however often the button is pressed while it lasts. */
export function newKey() {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16)).join("");
}

/** Sends a request and reads the answer as JSON, or as `as` does. Trouble that passes is tried again. */
export async function send(method, path, { body, key, signal, headers = {}, anonymous, as = json } = {}) {
  const request = { method, signal, headers: { ...headers, ...(anonymous ? {} : credentials()) } };
  if (key) request.headers["idempotency-key"] = key;
  encode(request, body);
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await once(path, request);
    const wait = attempt < TRIES && again(outcome, method, key) ? pause(attempt, outcome.retryAfter) : undefined;
    if (wait === undefined) return finish(outcome, as, anonymous);
    await sleep(wait, signal);
  }
}

function credentials() {
  const token = session()?.token;
  return token ? { authorization: `Bearer ${token}` } : {};
}

function encode(request, body) {
  if (body === undefined) return;
  const ready = body instanceof FormData || body instanceof Blob;
  request.body = ready ? body : JSON.stringify(body);
  if (!ready) request.headers["content-type"] = "application/json";
}

async function once(path, request) {
  try {
    const response = await fetch(path, request);
    reachable(true);
    return { response, status: response.status, retryAfter: response.headers.get("retry-after") };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    reachable(false);
    return { status: 0 };
  }
}

let reached = true;

/** Tells the page when the server is lost, and when it is there again. */
function reachable(now) {
  if (now === reached) return;
  reached = now;
  globalThis.dispatchEvent?.(new Event(now ? "reached" : "unreached"));
}

function again({ status }, method, key) {
  return repeatable(method, Boolean(key)) && (status === 0 || passing(status));
}

async function finish({ response, status }, as, anonymous) {
  if (!response) throw new ApiError(0, {});
  if (response.ok) return as(response);
  if (status === 401 && !anonymous && session()) {
    endSession();
    globalThis.dispatchEvent?.(new Event("signed-out"));
  }
  throw new ApiError(status, await problemOf(response), response.headers.get("x-request-id"));
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return { title: response.statusText };
  }
}

async function json(response) {
  const text = await response.text();
  return text ? JSON.parse(text) : undefined;
}

/** Waits, unless told to stop. */
export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
