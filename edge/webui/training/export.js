// A dataset as other programs read it.
import { blob } from "../shared/api.js";
import { busy, button, field, select, tell } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { number, t } from "../shared/messages.js";
import { save } from "../shared/sound.js";
import { exportAs, resultOf } from "./calls.js";
import { FORMATS } from "./words.js";

const OFFERED = ["ljspeech", "coqui", "piper", "gpt_sovits", "manifest"];

export function exportForm(dataset, signal) {
  const format = field(t("Format"), select(OFFERED.map((id) => [id, FORMATS[id]])));
  const out = h("div");
  const act = button(t("Download as ZIP"), () => busy(act, out, async () => {
    const begun = await exportAs(dataset.dataset_id, format.control.value);
    const { download_url: path } = await resultOf(begun, ({ progress }) => tell(out, t("Being packed … {share} %", { share: number(progress ?? 0) })), signal);
    save(await blob(path), `${dataset.name}.zip`);
    fill(out);
  }));
  return h("details", {}, h("summary", {}, t("Take the accepted segments away, with their words")), h("div", { class: "stack" }, h("div", { class: "row end" }, format, act), out));
}
