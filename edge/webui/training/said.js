// What the API says of a dataset, in sentences for programs and their makers, as this page says it.
import { number, t } from "../shared/messages.js";

const KNOWN = [
  [/^The step `(\w+)` is under way/, () => t("A step is under way. Wait for it to end.")],
  [/^There are no recordings\./, () => t("There are no recordings. Bring some below, or read sentences aloud.")],
  [/^None of the recordings can be read\./, () => t("None of the recordings can be read. Why stands in the list of recordings; bring others.")],
  [/^The recordings have not been cut/, () => t("The recordings have not been cut into segments yet, or nobody speaks in them. Begin with “Cut them and take their words” below.")],
  [/^All segments are rejected\./, () => t("All segments are rejected. Why stands in the list of segments; take some back, or record in a quieter place.")],
  [/^No segment has words\./, () => t("No segment has words. Take them in the third step, or write them yourself.")],
  [/^(\d+) s of speech with words are accepted; a voice needs (\d+) s/, (n, least) => t("{n} s of speech with words are accepted; a voice needs {least} s at least. Add recordings, or words where there are none.", { n, least })],
  [/^(\d+) segments are accepted; (\d+) are needed/, (n, least) => t("{n} segments are accepted; {least} are needed at least. Cut the recordings into shorter ones, or add some.", { n, least })],
  [/^The segments say only (\d+) different things; (\d+) are needed/, (n, least) => t("The segments say only {n} different things; {least} are needed at least. Record other sentences.", { n, least })],
  [/^(\d+) segments have no words yet/, (n) => t("{n} segments have no words yet.", { n })],
  [/^(\d+) (s|minutes) of speech: ten minutes/, (n, unit) => (unit === "s" ? t("{n} s of speech: ten minutes make a good voice, half an hour one for XTTS.", { n }) : t("{n} min of speech: ten minutes make a good voice, half an hour one for XTTS.", { n }))],
  [/^(\d+) of (\d+) segments are rejected/, (n, all) => t("{n} of {all} segments are rejected: look at their reasons.", { n, all })],
  [/^Half of the segments have less than (-?\d+) dB/, (n) => t("Half of the segments have less than {n} dB between speech and noise: record in a quieter place, nearer to the microphone.", { n })],
  [/^(\d+) accepted segments say or sound the same/, (n) => t("{n} accepted segments say or sound the same as another.", { n })],
  [/^These sounds of the language are missing: (.*)\. Prompts have/, (sounds) => t("These sounds of the language are missing: {sounds}. The sentences to read aloud have them all.", { sounds })],
  [/^([\d.]+) min of speech make a first voice/, (n) => t("{n} min of speech make a first voice; with ten it is good.", { n: number(Number(n), 1) })],
  [/^([\d.]+) min of speech are little for the engine/, (n) => t("{n} min of speech are little for this engine; with half an hour a voice is good.", { n: number(Number(n), 1) })],
  [/^on a CPU the run will take about ([\d.]+) h/, (n) => t("On the processor alone the run takes about {n} h.", { n: number(Number(n), 1) })],
  [/^what is made of the model is bound by its licence \((.*)\)/, (name) => t("What is made of the model is bound by its licence ({name}).", { name })],
  [/^the run needs ([\d.]+) GB of memory and ([\d.]+) GB are free/, (n, free) => t("The run needs {n} GB of memory, and {free} GB are free. Take a smaller batch or shorter clips.", { n: number(Number(n), 1), free: number(Number(free), 1) })],
  [/^no worker has a model of the engine/, () => t("No worker here has a model of this engine that can be trained. An operator imports one.")],
  [/^the engine kiskadee learns English and Brazilian Portuguese, and the dataset is in (\S+)/, (tag) => t("The engine Kiskadee learns English and Brazilian Portuguese; the dataset is in {tag}.", { tag })],
];

export const isKnown = (sentence) => KNOWN.some(([known]) => known.test(sentence));

/** A sentence of the API in the page's words; one that the page does not know stays as it is. */
export function said(sentence) {
  for (const [known, words] of KNOWN) {
    const found = known.exec(sentence);
    if (found) return words(...found.slice(1));
  }
  return sentence;
}
