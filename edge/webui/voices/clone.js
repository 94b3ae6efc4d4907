// A voice from a recording: brought as a file or made here, with the speaker's consent.
import { get, newKey, send } from "../shared/api.js";
import { busy, button, check, dialog, field, notice, select, tabs, tell } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { followJob } from "../shared/events.js";
import { language, t } from "../shared/messages.js";
import { recorderPanel } from "../shared/recorder.js";
import { languageName } from "../shared/voices.js";

const SHORTEST = 3;

export function cloneDialog(models, onMade) {
  let panel;
  const stopper = new AbortController();
  const element = dialog(t("Clone a voice"), (close) => {
    panel = cloneForm(models, close, onMade, stopper.signal);
    return panel;
  });
  element.addEventListener("close", () => {
    stopper.abort();
    panel.quit();
  });
}

function cloneForm(models, close, onMade, signal) {
  const files = { brought: [], take: undefined };
  const source = sourceTabs(files);
  const name = field(t("Name of the voice"), h("input", { required: true, maxlength: 64 }));
  const tags = models.find((model) => model.id === "kiskadee")?.languages ?? models[0]?.languages ?? ["en"];
  const tongue = field(t("Language"), select(tags.map((tag) => [tag, languageName(tag)]), language === "pt" ? "pt-br" : "en"));
  const words = t("I am the speaker, or the speaker has agreed that this voice is made and used.");
  const consent = check(words, { required: true });
  const out = h("div");
  const act = h("button", { class: "primary" }, t("Make the voice"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      const form = formOf(files, name.control.value, tongue.control.value, words);
      const answer = await send("POST", "/clone-voice", { body: form, key: newKey() });
      const job = await followJob(answer.job_id, ({ progress, stage }) =>
        tell(out, `${t("The voice is being made …")} ${stage ?? ""} ${progress} %`), signal, get);
      if (job.status === "failed") throw new Error(job.error.message);
      fill(out, notice("good", t("The voice is ready.")));
      onMade();
      close();
    });
  };
  const element = h("form", { class: "stack", on: { submit } }, source, name, tongue, consent, out, h("div", { class: "row" }, act, button(t("Close"), close)));
  element.quit = source.quit;
  return element;
}

function sourceTabs(files) {
  const input = h("input", { type: "file", accept: "audio/*,.wav,.flac,.mp3,.ogg,.m4a,.webm", multiple: true });
  input.addEventListener("change", () => {
    files.brought = [...input.files];
  });
  let recorder;
  const element = tabs(t("Where the recording comes from"), [
    ["file", t("Bring a file"), (panel) => {
      files.use = "brought";
      panel.append(field(t("Recordings"), input, { hint: t("Of one voice, each 3 to 60 s, up to 8") }));
    }],
    ["record", t("Record here"), (panel) => {
      files.use = "take";
      recorder = recorderPanel((take) => { files.take = take; });
      panel.append(h("p", {}, t("Read something aloud for 10 to 30 seconds, in a quiet room.")), recorder);
      panel.addEventListener("leave", recorder.quit, { once: true });
    }],
  ]);
  element.quit = () => recorder?.quit();
  return element;
}

function formOf(files, name, tongue, words) {
  const form = new FormData();
  if (files.use === "take") {
    if (!files.take) throw new Error(t("Record something first."));
    if (files.take.seconds < SHORTEST) throw new Error(t("The recording is shorter than 3 seconds. Take it again."));
    form.append("file", files.take.blob, "recording.webm");
  } else {
    if (!files.brought.length) throw new Error(t("Choose a recording first."));
    files.brought.forEach((file) => form.append("file", file, file.name));
  }
  form.append("name", name);
  form.append("language", tongue);
  form.append("consent", words);
  return form;
}
