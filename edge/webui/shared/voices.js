// The voices of the caller, for the choice of one.
import { get, query } from "./api.js";
import { select } from "./components.js";
import { h } from "./dom.js";
import { language, t } from "./messages.js";
import { read, write } from "./settings.js";

const PAGES = 5;

/** Up to five hundred voices that `filter` lets through. */
export async function voices(filter = {}) {
  const items = [];
  let cursor;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await get(query("/api/v1/voices", { limit: 100, cursor, ...filter }));
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (!cursor) break;
  }
  return items;
}

/** Selects of a language and of a voice that speaks it; both are kept for the next time. */
export async function voiceChoice(engine) {
  const all = await voices({ engine });
  const tags = [...new Set(all.filter((voice) => voice.ready).flatMap((voice) => voice.languages))].sort();
  const tongue = select(tags.map((tag) => [tag, languageName(tag)]), preferred(tags));
  const voice = h("select");
  const show = () => {
    const fitting = all.filter((one) => one.ready && one.languages.includes(tongue.value));
    voice.replaceChildren(...fitting.map((one) => h("option", { value: one.voice_id }, `${one.name}`)));
    const kept = read("voice");
    if (fitting.some((one) => one.voice_id === kept)) voice.value = kept;
  };
  tongue.addEventListener("change", () => {
    write("tongue", tongue.value);
    show();
  });
  voice.addEventListener("change", () => write("voice", voice.value));
  show();
  return { tongue, voice, all };
}

function preferred(tags) {
  const kept = read("tongue");
  if (tags.includes(kept)) return kept;
  const wished = language === "pt" ? ["pt-br", "pt"] : ["en", "en-us"];
  return wished.find((tag) => tags.includes(tag)) ?? tags[0];
}

/** A language by its name alone, where there is no need of the tag. */
export const plainName = (tag) => languageName(tag).replace(` (${tag})`, "");

export function languageName(tag) {
  try {
    const name = new Intl.DisplayNames([language], { type: "language" }).of(tag);
    return name && name !== tag ? `${name} (${tag})` : tag;
  } catch {
    return tag;
  }
}

export const FORMATS = ["wav", "mp3", "opus", "aac", "flac"].map((id) => [id, id.toUpperCase()]);

export function licence(voice) {
  if (!voice.licence) return t("Your own");
  const use = { yes: t("commercial use allowed"), no: t("no commercial use"), unknown: t("commercial use not known") };
  return `${voice.licence.id}, ${use[voice.licence.commercial]}`;
}
