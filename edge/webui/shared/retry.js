// When a request is worth another try, and when; apart from the network, so that it can be tested.
const PASSING = [429, 502, 503, 504];
export const TRIES = 4;
const LONGEST_MS = 20_000;

/** Whether the same request may be sent again: it changes nothing, or its key makes the second the first. */
export function repeatable(method, hasKey) {
  return method === "GET" || hasKey;
}

export function passing(status) {
  return PASSING.includes(status);
}

/** Milliseconds before try `attempt` (1 is the second); undefined when the server asks for more patience than a page has. */
export function pause(attempt, retryAfter, random = Math.random()) {
  const asked = seconds(retryAfter);
  if (asked !== undefined) return asked * 1000 > LONGEST_MS ? undefined : asked * 1000;
  return Math.min(LONGEST_MS, 400 * 2 ** (attempt - 1)) * (0.75 + random / 2);
}

function seconds(retryAfter) {
  if (!retryAfter) return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}
