// Recordings fetched from addresses, one a line: what came, and of each that did not, why.
import { ApiError } from "../shared/api.js";
import { announce, busy, field, notice, select, tell } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { duration, number, t } from "../shared/messages.js";
import { typeOf } from "../shared/problems.js";
import { parameters, remember } from "../shared/settings.js";
import { addressesOf } from "./bringing.js";
import { fetchFrom, resultOf } from "./calls.js";

/** What one request takes. */
const MOST = 20;
const RIGHTS = [["own", t("They are my own")], ["licensed", t("I have a licence for them")], ["public_domain", t("They are in the public domain")]];

export function addressesPanel(panel, dataset, refresh, signal) {
  const text = h("textarea", { rows: 4, class: "words", required: true, placeholder: "https://", spellcheck: "false" });
  const addresses = field(t("Addresses, one a line"), text, { hint: t("Up to {n}, of recordings or of pages that hold one", { n: MOST }) });
  const rights = field(t("Rights"), select(RIGHTS, "own"), { hint: t("The speaker must have agreed to a voice of them") });
  const out = h("div", { class: "stack" });
  const act = h("button", { class: "primary" }, t("Fetch them"));
  const submit = (event) => {
    event.preventDefault();
    const { good, bad } = addressesOf(text.value);
    addresses.complain(complaint(good, bad));
    if (bad.length || !good.length || good.length > MOST) return text.focus();
    return busy(act, out, async () => {
      const begun = await begin(dataset, good, rights.control.value);
      if (begun.refused) return fill(out, begun.refused);
      remember({ fetching: begun.job_id });
      await follow(begun, dataset, refresh, out, signal);
      text.value = "";
      return undefined;
    });
  };
  panel.append(h("form", { class: "stack", on: { submit } }, h("div", { class: "row top" }, addresses, rights), h("div", {}, act), out));
  // What was fetched when the page was left is followed again, or told again.
  const known = parameters().fetching;
  if (known) busy(act, out, () => follow({ job_id: known }, dataset, refresh, out, signal));
}

function complaint(good, bad) {
  if (bad.length) return t("This is no address that begins with https:// or http://: {line}", { line: bad[0] });
  if (good.length > MOST) return t("{n} addresses are too many: up to {most} at once.", { n: number(good.length), most: MOST });
  return good.length ? undefined : t("Write at least one address.");
}

async function begin(dataset, urls, rights) {
  try {
    return await fetchFrom({ dataset: dataset.dataset_id, urls, rights });
  } catch (error) {
    const wrong = error instanceof ApiError ? error.errors.map(({ field: at, message }) => [urls[/^urls\[(\d+)\]$/.exec(at)?.[1]], message]) : [];
    if (wrong.length && wrong.every(([url]) => url)) return { refused: notice("bad", failures(wrong.map(([url, reason]) => ({ url, reason })))) };
    if (!(error instanceof ApiError) || typeOf(error.problem) !== "not_available") throw error;
    return { refused: notice("warn", t("This installation fetches nothing from addresses. Fetch the recordings yourself, and bring them as files.")) };
  }
}

async function follow(begun, dataset, refresh, out, signal) {
  const told = ({ progress }) => tell(out, t("Being fetched … {share} %", { share: number(progress ?? 0) }));
  refresh(false);
  const result = await resultOf(begun, told, signal).catch((error) => {
    // What failed, or is no longer known, need not be told again after a reload.
    if (!signal.aborted) remember({ fetching: null });
    throw error;
  });
  fill(out, fetched(result ?? {}));
  announce(out.innerText, true);
  await refresh();
}

function fetched({ files = [], failed = [] }) {
  const seconds = files.reduce((sum, file) => sum + (file.seconds ?? 0), 0);
  return [
    notice(files.length ? "good" : "warn", t("{n} recordings were fetched ({length}).", { n: number(files.length), length: duration(seconds) })),
    failed.length ? notice("warn", h("p", {}, t("{n} could not be fetched:", { n: number(failed.length) })),
      failures(failed)) : null,
  ];
}

const failures = (failed) => h("ul", {}, failed.map(({ url, reason }) => h("li", {}, h("span", { class: "long" }, url), ": ", reason)));
