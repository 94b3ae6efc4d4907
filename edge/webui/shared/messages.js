// What the pages say, in the language of whoever reads it. The English text is the key; each other language has a file.
import pt from "./messages/pt.js";
import { read, write } from "./settings.js";

export const LANGUAGES = { en: "English", pt: "Português" };
const TABLES = { en: {}, pt };

/** The language that was chosen, else the browser's, else English. */
export const language = choose(read("language"), globalThis.navigator?.languages ?? []);

export function choose(kept, wished) {
  if (kept in TABLES) return kept;
  return wished.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in TABLES) ?? "en";
}

export function setLanguage(value) {
  write("language", value);
}

/** A text, with `{name}` filled in. */
export function t(text, values = {}) {
  return format(TABLES[language][text] ?? text, values);
}

export function format(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const locale = language === "pt" ? "pt-BR" : "en";

export function number(value, digits = 0) {
  return value === null || value === undefined ? "–" : new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}

export function time(value) {
  return value ? new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(value)) : "–";
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${number(value / 1000 ** step, step ? 1 : 0)} ${UNITS[step]}`;
}

/** Seconds as a person reads them: 4.2 s, 3:05, 1:02:03. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${number(seconds, 1)} s`;
  const whole = Math.round(seconds);
  const pair = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${pair(minutes)}:${pair(whole % 60)}` : `${minutes}:${pair(whole % 60)}`;
}
