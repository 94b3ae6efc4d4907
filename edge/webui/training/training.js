// From recordings to a voice of one's own, in three tabs. The address holds the tab, the dataset and the run.
import { ApiError } from "../shared/api.js";
import { notice, tabs } from "../shared/components.js";
import { t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { page } from "../shared/shell.js";
import { datasets } from "./calls.js";
import { datasetTab } from "./dataset.js";
import { inferenceTab } from "./inference.js";
import { runTab } from "./runs.js";

async function render(body) {
  try {
    await datasets();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    body.append(notice("warn", t("This installation does not train voices. Ask its operator for a version that does; a voice can be cloned from one recording meanwhile, under “Voices”.")));
    return;
  }
  const to = (tab) => () => element.show(tab, true);
  const element = tabs(t("Training"), [
    ["dataset", t("Dataset"), (panel) => datasetTab(panel, to("training"))],
    ["training", t("Training"), (panel) => runTab(panel, { toDataset: to("dataset"), onReady: to("inference") })],
    ["inference", t("Inference"), (panel) => inferenceTab(panel, to("training"))],
  ], parameters().tab, (tab) => remember({ tab }));
  body.append(element);
}

page({ name: "training", title: t("Training"), lead: t("Ten minutes of recordings become a voice of your own: gather them, train, listen and compare."), render });
