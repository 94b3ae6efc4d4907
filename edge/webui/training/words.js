// Words of the API as the page says them.
import { t } from "../shared/messages.js";

/** Why a segment is rejected, or what is odd about it. */
export const REASONS = {
  too_short: t("too short"), too_long: t("too long"), clipped: t("clipped"), noisy: t("noisy"), silent: t("silent"), two_speakers: t("two speakers"), music: t("music"),
  no_text: t("no words"), text_too_long: t("too many words"), rate_odd: t("odd pace"), language_odd: t("other language"), duplicate: t("twice there"), misaligned: t("words do not fit"),
};

/** What there is speech enough for. */
export const ENOUGH = { matching: t("a likeness"), tuned_voice: t("a first voice"), good_tuned_voice: t("a good voice"), xtts: t("a voice for XTTS") };

/** The steps that jobs make. */
export const STEPS = { import: t("Taking in"), download: t("Fetching"), segment: t("Cutting"), transcribe: t("Giving words") };

/** What a run is at. */
export const STAGES = { preparing: t("The recordings are being looked at and aligned with their words …"), training: t("Training …"), listening: t("It speaks, and is measured …") };

/** Why a checkpoint stays. */
export const KEPT = { latest: t("latest"), best: t("best"), sample: t("sample"), promoted: t("a voice") };

/** What computes. */
export const deviceName = (device) => (device ? { cpu: "CPU" }[device] ?? device.replace(/^(cuda|gpu):?/i, "GPU ").trim() : "–");

/** How words lie beside recordings. */
export const FORMATS = { ljspeech: "LJSpeech", coqui: "Coqui", piper: "Piper", gpt_sovits: "GPT-SoVITS", pairs: t("a text beside each recording"), manifest: "manifest.jsonl", audio: t("recordings without words") };
