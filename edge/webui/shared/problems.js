// What the API refused, in the reader's language: its own sentence is English, and says more.
import { language, t } from "./messages.js";

const TITLES = {
  malformed: t("The request cannot be parsed"), unauthenticated: t("Sign in first"), forbidden: t("Not allowed"), insufficient_scope: t("The API key lacks a scope"),
  registration_closed: t("Accounts are made by the operator here"), not_found: t("There is nothing of that kind"), conflict: t("That does not go with how things stand"), gone: t("It is no longer there"),
  payload_too_large: t("That is too large"), unsupported_media_type: t("That is no format that is taken here"), validation: t("Some values are not acceptable"),
  rate_limited: t("Too many requests: try again in a while"), queue_full: t("Too much work waits already: try again later"), storage_full: t("No storage is left"),
  unavailable: t("That is not to be had just now: try again in a while"), not_available: t("This installation does not have that"), internal: t("Something went wrong here"),
};

/** The name of a problem's type. */
export const typeOf = (problem) => String(problem?.type ?? "").split(":").at(-1);

/** What is wrong, as `{text, detail}`; without a detail where the text says all. */
export function told(problem, message) {
  const title = TITLES[typeOf(problem)];
  return language === "en" || !title ? { text: message } : { text: `${title}.`, detail: message };
}
