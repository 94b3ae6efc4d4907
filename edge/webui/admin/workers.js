// Those who do the work: whether they live, what they hold, what they compute on.
import { empty, figures } from "../shared/components.js";
import { h } from "../shared/dom.js";
import { table } from "../shared/list.js";
import { bytes, number, t, time } from "../shared/messages.js";

export function workersOf({ items }) {
  return items.length ? items.map(oneWorker) : [empty(t("No worker has ever been here. Start one with `kiskadee worker`."))];
}

function oneWorker(worker) {
  const { load = {} } = worker;
  return h("section", { class: "card stack" },
    h("div", { class: "row spread" }, h("h2", {}, worker.name), h("span", { class: "row" }, worker.leader ? h("span", { class: "badge info" }, t("leader")) : null,
      h("span", { class: `badge ${worker.alive ? "good" : "bad"}` }, worker.alive ? t("alive") : t("gone")))),
    figures([[t("running"), `${number(worker.running)} / ${number(worker.slots)}`], [t("Version"), worker.version], [t("Free storage"), bytes(load.storage?.free_bytes)],
      [t("Load"), number(load.load_average, 2)], [t("Engines"), worker.engines.join(", ")], [t("Since"), time(worker.started_at)]]),
    h("details", { "data-name": `about ${worker.name}` }, h("summary", { "data-name": `more ${worker.name}` }, t("Devices, places and rates")), h("div", { class: "stack" }, devices(worker), places(load.pools ?? {}), rates(worker))));
}

function devices(worker) {
  if (!worker.devices?.length) return null;
  const rest = ({ kind, name, ...more }) => Object.entries(more).map(([key, value]) => `${key.replaceAll("_", " ")}: ${/bytes/.test(key) ? bytes(value) : value}`).join(", ");
  return table(t("Devices of {name}", { name: worker.name }), [[t("Kind"), (one) => one.kind.toUpperCase()], [t("Name"), (one) => one.name], [t("More"), (one) => rest(one) || "–"]], worker.devices);
}

const POOLS = { cpu: t("computing"), long: t("long work"), device: t("on devices"), network: t("network") };

function places(pools) {
  const rows = Object.entries(pools);
  return rows.length ? table(t("Places"), [[t("Places"), ([name]) => POOLS[name] ?? name], [t("taken"), ([, pool]) => number(pool.running), "number"], [t("of"), ([, pool]) => number(pool.slots), "number"]], rows) : null;
}

/** What the worker takes work of, and how fast it was at it. */
function rates({ resident = [], cost_per_second: costs = {} }) {
  return resident.length ? table(t("What it works on"), [[t("Queue"), (queue) => h("code", {}, queue)], [t("Cost per second"), (queue) => number(costs[queue]), "number"]], resident) : null;
}
