// The recordings of a dataset, with what became of those that cannot be used.
import { badge, button, confirm, empty } from "../shared/components.js";
import { h } from "../shared/dom.js";
import { pagedTable } from "../shared/list.js";
import { bytes, duration, t } from "../shared/messages.js";
import { deleteFile, inDataset } from "./calls.js";

export function filesTable(dataset, onChange) {
  const list = pagedTable({
    caption: t("Recordings of the dataset"),
    load: (cursor) => inDataset({ dataset, kind: "files", limit: 10, cursor }),
    none: empty(t("No recordings yet.")),
    columns: [
      [t("File"), (file) => h("span", { class: "long" }, file.filename)],
      [t("Length"), (file) => duration(file.seconds)],
      [t("Size"), (file) => bytes(file.bytes), "number"],
      [t("Words"), (file) => h("span", { class: "small" }, file.text ?? "–")],
      [t("State"), (file) => [badge(file.state), file.reason ? h("p", { class: "small long" }, file.reason) : null]],
      [t("Delete"), (file) => button(t("Delete"), () => ask(file, onChange), { kind: "tiny danger", "aria-label": t("Delete {name}", { name: file.filename }) })],
    ],
  });
  const element = h("details", {}, h("summary", {}, t("The recordings that are here")), list);
  element.refresh = () => list.refresh();
  return element;
}

function ask(file, onChange) {
  confirm(t("Delete the recording?"), t("“{name}” goes with its segments. Runs that took them keep what they took.", { name: file.filename }), t("Delete it"), async () => {
    await deleteFile(file.file_id);
    onChange();
  });
}
