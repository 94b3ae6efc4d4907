// How brought files come to the server, apart from the page, so that it can be tested.

/** What one form takes; the server's own limit is 20 MiB with all that stands around the files. */
export const FORM_BYTES = 18e6;
export const FORM_FILES = 50;

const ARCHIVE = /\.zip$/i;
const WORDS = /\.(csv|tsv|txt|list|jsonl)$/i;
const SOUND = /\.(wav|flac|mp3|ogg|oga|opus|m4a|aac|webm|aiff?|wma|mp4|mka|caf|au|amr)$/i;

/**
 * Divides files: `uploads` go by themselves (archives, and what is too large for a form), `together` is put into one ZIP (recordings
 * that words came with), `forms` are lists for a form each, `others` are neither sound nor words.
 */
export function plan(files) {
  const pathOf = (file) => file.path ?? file.name;
  const hidden = (file) => pathOf(file).split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
  const seen = files.filter((file) => !hidden(file));
  const archives = seen.filter((file) => ARCHIVE.test(file.name));
  const words = seen.filter((file) => WORDS.test(file.name));
  const sounds = seen.filter((file) => SOUND.test(file.name));
  const others = seen.filter((file) => ![...archives, ...words, ...sounds].includes(file));
  if (words.length && sounds.length) return { uploads: archives, together: [...words, ...sounds], forms: [], others };
  const small = sounds.filter((file) => file.size <= FORM_BYTES);
  return { uploads: [...archives, ...sounds.filter((file) => !small.includes(file))], together: [], forms: formsOf(small), others: [...others, ...words] };
}

function formsOf(files) {
  const forms = [];
  let bytes = Infinity;
  for (const file of files) {
    if (bytes + file.size > FORM_BYTES || forms.at(-1).length === FORM_FILES) {
      forms.push([]);
      bytes = 0;
    }
    forms.at(-1).push(file);
    bytes += file.size;
  }
  return forms;
}

/** The addresses in a text, one a line, each once: `good` are those of the web, `bad` all else. */
export function addressesOf(text) {
  const lines = [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];
  const good = lines.filter((line) => /^https?:\/\/\S+$/i.test(line) && URL.canParse(line));
  return { good, bad: lines.filter((line) => !good.includes(line)) };
}

/** What several imports did, as one. */
export function summed(results) {
  const all = { files: 0, with_text: 0, seconds: 0, refused: [], bad_rows: [], missing_audio: [], unused_audio: [], formats: [] };
  for (const result of results) {
    for (const name of ["files", "with_text", "seconds"]) all[name] += result?.[name] ?? 0;
    for (const name of ["refused", "bad_rows", "missing_audio", "unused_audio"]) all[name].push(...(result?.[name] ?? []));
    if (result?.format) all.formats.push(result.format);
  }
  return all;
}

/** The files of a drop with their paths, folders opened. */
export async function dropped(transfer) {
  const roots = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!roots.some((entry) => entry.isDirectory)) return [...transfer.files];
  return (await Promise.all(roots.map((entry) => within(entry, "")))).flat();
}

async function within(entry, folder) {
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [Object.assign(file, { path })];
  }
  const reader = entry.createReader();
  const found = [];
  // A reader gives a hundred at a time.
  for (let some; (some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))).length;) found.push(...some);
  return (await Promise.all(found.map((one) => within(one, `${path}/`)))).flat();
}
