// The versions of voices that were made here: which one speaks, and the way back to another.
import { ApiError, get } from "../shared/api.js";
import { badge, busy, button, failure } from "../shared/components.js";
import { fill, h, redraw } from "../shared/dom.js";
import { table } from "../shared/list.js";
import { t, time } from "../shared/messages.js";
import { write } from "../shared/settings.js";
import { rollBack, versionsOf } from "./calls.js";

/** Those of the voices given; `add(voice)` of the element shows one more, or it anew. */
export function versions(ids) {
  const element = h("div", { class: "stack" });
  const places = new Map();
  element.add = (voice) => {
    if (!places.has(voice)) places.set(voice, element.appendChild(h("div", { class: "stack" })));
    return show(places.get(voice), voice);
  };
  new Set(ids).forEach((voice) => element.add(voice));
  return element;
}

async function show(place, voice) {
  try {
    const [{ items }, about] = await Promise.all([versionsOf(voice), get(`/api/v1/voices/${voice}`)]);
    redraw(place, h("h3", {}, about.name), tableOf(place, voice, items), h("div", {}, speakLink(about)));
  } catch (error) {
    // The voice was deleted since.
    if (error instanceof ApiError && error.status === 404) return fill(place);
    fill(place, failure(error));
  }
  return place;
}

function tableOf(place, voice, items) {
  return table(t("Versions of the voice"), [
    [t("Version"), (one) => one.version, "number"],
    [t("When"), (one) => time(one.created_at)],
    [t("State"), (one) => (one.current ? badge("active") : backTo(place, voice, one.version))],
  ], items);
}

function backTo(place, voice, version) {
  const out = h("span");
  const act = button(t("Go back to it"), () => busy(act, out, async () => {
    await rollBack(voice, version);
    await show(place, voice);
  }), { kind: "tiny", "aria-label": t("Go back to version {n}", { n: version }) });
  return h("span", { class: "row" }, act, out);
}

/** To the playground, where the voice is chosen already. */
function speakLink({ voice_id: voice, languages }) {
  const choose = () => {
    write("voice", voice);
    write("tongue", languages[0]);
  };
  return h("a", { class: "button", href: "/webui/speech", on: { click: choose } }, t("Speak with it"));
}
