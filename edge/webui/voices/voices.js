// The voices: to find, to hear, to make and to take away.
import { get, query, remove } from "../shared/api.js";
import { badge, button, confirm, empty, field, notice, select } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { pagedTable } from "../shared/list.js";
import { t, time } from "../shared/messages.js";
import { parameters, remember, write } from "../shared/settings.js";
import { page } from "../shared/shell.js";
import { playButton } from "../shared/sound.js";
import { languageName, licence, plainName, voices } from "../shared/voices.js";
import { cloneDialog } from "./clone.js";
import { mixDialog } from "./mix.js";

const KINDS = [["", "All kinds"], ["builtin", "Built in"], ["cloned", "Cloned"], ["morphed", "Mixed"], ["trained", "Trained"]];
const SHOWN_LANGUAGES = 3;
const TYPING_MS = 300;

async function render(body) {
  const models = (await get("/v1/models")).data;
  const chosen = parameters();
  const list = h("section", { class: "card", "aria-label": t("Voices") });
  const filters = filterForm(chosen, models, (changes) => {
    remember(changes);
    show();
  });
  let shown;
  const show = () => {
    shown = voiceTable(() => shown.refresh());
    fill(list, shown);
  };
  const made = () => shown.refresh(true);
  body.append(h("div", { class: "row" },
    button(t("Clone a voice"), () => cloneDialog(models, made), { kind: "primary" }),
    button(t("Mix voices"), () => mixDialog(made))), filters, list);
  show();
}

function filterForm(chosen, models, onChange) {
  const q = h("input", { type: "search", value: chosen.q ?? "", placeholder: t("Part of the name") });
  const kind = select(KINDS.map(([id, label]) => [id, t(label)]), chosen.kind ?? "");
  const tags = [...new Set(models.flatMap((model) => model.languages))].sort();
  const tongue = select([["", t("All languages")], ...tags.map((tag) => [tag, languageName(tag)])], chosen.language ?? "");
  const engine = select([["", t("All engines")], ...models.map((model) => [model.id, model.id])], chosen.engine ?? "");
  const told = () => onChange({ q: q.value.trim(), kind: kind.value, language: tongue.value, engine: engine.value });
  let timer;
  q.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(told, TYPING_MS);
  });
  [kind, tongue, engine].forEach((one) => one.addEventListener("change", told));
  return h("form", { class: "row end", role: "search", on: { submit: (event) => event.preventDefault() } },
    field(t("Search"), q), field(t("Kind"), kind), field(t("Language"), tongue), field(t("Engine"), engine));
}

function voiceTable(refresh) {
  const { q, kind, language, engine } = parameters();
  return pagedTable({
    caption: t("Voices"),
    load: (cursor) => get(query("/api/v1/voices", { limit: 20, cursor, q, kind, language, engine })),
    none: empty(t("No voice fits. Widen the filters, clone a voice from a recording, or mix those that are here.")),
    columns: [
      [t("Name"), (voice) => [h("strong", {}, voice.name), h("div", { class: "small quiet" }, h("code", {}, voice.voice_id))]],
      [t("Kind"), (voice) => [t(KINDS.find(([id]) => id === voice.kind)?.[1] ?? voice.kind), voice.ready ? null : [" ", badge("pending")]], "tight"],
      [t("Languages"), (voice) => languagesOf(voice)],
      [t("Engine"), (voice) => voice.engine, "tight"],
      [t("Licence"), (voice) => h("span", { class: "small" }, licence(voice))],
      [t("Listen and use"), (voice) => actions(voice, refresh), "tight"],
    ],
    onPage: (items) => {
      if (items.some((voice) => !voice.ready)) setTimeout(refresh, 3_000);
    },
  });
}

function languagesOf({ languages }) {
  const shown = languages.slice(0, SHOWN_LANGUAGES).map(plainName).join(", ");
  return languages.length > SHOWN_LANGUAGES ? `${shown} +${languages.length - SHOWN_LANGUAGES}` : shown;
}

function actions(voice, refresh) {
  return h("div", { class: "row" },
    voice.preview_url ? playButton(voice.preview_url, voice.name) : null,
    voice.ready ? h("a", { class: "button tiny", href: "/webui/speech", on: { click: () => use(voice) } }, t("Use"), h("span", { class: "hidden-text" }, ` ${voice.name}`)) : null,
    voice.kind === "builtin" ? null : button([t("Delete"), h("span", { class: "hidden-text" }, ` ${voice.name}`)], () => askToDelete(voice, refresh), { kind: "tiny danger" }));
}

function use(voice) {
  write("voice", voice.voice_id);
  write("tongue", voice.languages[0]);
}

/** The mixes that hold a voice, directly or through another mix. */
export function fallsWith(voiceId, all) {
  const fallen = new Set([voiceId]);
  for (let before = 0; before !== fallen.size;) {
    before = fallen.size;
    for (const voice of all) if (voice.lineage?.mix?.some((part) => fallen.has(part.voice_id))) fallen.add(voice.voice_id);
  }
  fallen.delete(voiceId);
  return all.filter((voice) => fallen.has(voice.voice_id));
}

async function askToDelete(voice, refresh) {
  const fallen = fallsWith(voice.voice_id, await voices({ kind: "morphed" }));
  const text = [h("p", {}, t("“{name}”, made {when}, will be gone, with its recording.", { name: voice.name, when: time(voice.created_at) }),
    " ", t("Speech that was taken in with it still runs.")),
  fallen.length ? notice("warn", h("p", {}, t("These mixes hold it:")), h("ul", {}, fallen.map((one) => h("li", {}, one.name)))) : null];
  confirm(t("Delete the voice?"), text, t("Delete it"), async () => {
    await remove(`/api/v1/voices/${voice.voice_id}`);
    refresh();
  });
}

if (globalThis.document) page({ name: "voices", title: t("Voices"), lead: t("Find a voice, hear it, clone one from a recording, or mix several into a new one."), render });
