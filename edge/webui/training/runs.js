// Runs: one is started, and one is looked at, the latest or that of the address.
import { button, empty, failure, field, select, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { t, time } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { datasets, runs } from "./calls.js";
import { watchRun } from "./run.js";
import { startForm } from "./start.js";
import { meant } from "./told.js";

/** `toDataset()` leads to the first tab, `onReady()` to the third. */
export async function runTab(panel, { toDataset, onReady }) {
  const stopper = new AbortController();
  panel.addEventListener("leave", () => stopper.abort(), { once: true });
  const place = panel.appendChild(h("div", { class: "stack" }, waiting()));
  let watch = new AbortController();
  const show = async () => {
    watch.abort();
    watch = new AbortController();
    try {
      const [sets, { items }] = await Promise.all([datasets(), runs()]);
      const run = meant(items, parameters());
      remember({ run: run?.run_id ?? null });
      const open = async (id, of) => {
        remember({ run: id, dataset: of, checkpoint: null, comparison: null });
        await show();
        place.lastElementChild.focus();
      };
      const watched = h("div", { class: "stack", tabindex: "-1" });
      fill(place, starting(sets.items, open, Boolean(run), toDataset), items.length ? choice(items, run, open) : null, watched);
      if (run) watchRun(watched, run.run_id, AbortSignal.any([stopper.signal, watch.signal]), { onReady, again: show });
    } catch (error) {
      fill(place, failure(error, show));
    }
  };
  await show();
}

function choice(items, chosen, open) {
  const options = items.map((run) => [run.run_id, `${run.model_name} · ${t(run.state)} · ${time(run.created_at)}`]);
  const pick = select(chosen ? options : [["", "–"], ...options], chosen?.run_id);
  pick.addEventListener("change", () => pick.value && open(pick.value, items.find((run) => run.run_id === pick.value).dataset_id));
  return field(t("Run"), pick);
}

/** Where a run of the dataset is shown, the form is folded: who comes back wants to see how it is. */
function starting(sets, open, folded, toDataset) {
  if (!sets.length) return empty(t("Training needs a dataset. Make one in the first tab."), button(t("Make a dataset"), toDataset, { kind: "primary" }));
  if (!folded) return h("section", { class: "card stack" }, h("h2", {}, t("Start a run")), startForm(sets, open, toDataset));
  const inside = h("div", { class: "stack" });
  const details = h("details", {}, h("summary", {}, t("Start a run")), inside);
  details.addEventListener("toggle", () => inside.childElementCount || fill(inside, startForm(sets, open, toDataset)));
  return h("section", { class: "card" }, details);
}
