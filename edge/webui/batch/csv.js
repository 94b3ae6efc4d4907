// CSV as the page shows it before it is sent. The API reads it for itself and has the last word.

/** What bytes say, by their mark, else as UTF-8, else as Windows' own encoding. */
export function decode(bytes) {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** `{separator, header, rows: [{line, cells}]}`; a row's line is that where it begins. Rows without a filled cell are left out. */
export function parse(text) {
  const { body, separator, line } = begin(text);
  const records = [...recordsOf(body, separator, line)].filter(({ cells }) => cells.some((cell) => cell.trim() !== ""));
  const [header, ...rows] = records;
  return { separator, header: header?.cells.map((cell) => cell.trim().toLowerCase()) ?? [], rows };
}

function begin(text) {
  const plain = text.replace(/^\uFEFF/, "");
  const named = /^"?sep=(.)"?\r?\n/i.exec(plain);
  if (named) return { body: plain.slice(named[0].length), separator: named[1], line: 2 };
  const first = plain.trimStart().split(/\r?\n/, 1)[0];
  const separator = [",", ";", "\t"].reduce((best, one) => (first.split(one).length > first.split(best).length ? one : best));
  return { body: plain, separator, line: 1 };
}

function* recordsOf(text, separator, firstLine) {
  let [line, at] = [firstLine, 0];
  while (at < text.length) {
    const record = { line, cells: [] };
    let ended = false;
    while (!ended) {
      const cell = cellAt(text, at, separator);
      record.cells.push(cell.value);
      line += cell.lines;
      at = cell.end;
      ended = text[at] !== separator;
      at += ended ? 0 : 1;
    }
    if (text[at] === "\r") at += 1;
    if (text[at] === "\n") at += 1;
    line += 1;
    yield record;
  }
}

function cellAt(text, start, separator) {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && text[end] !== separator && text[end] !== "\n" && text[end] !== "\r") end += 1;
    return { value: text.slice(start, end), end, lines: 0 };
  }
  const parts = [];
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    parts.push(text.slice(at, end));
    if (text[end + 1] !== '"' || quote < 0) {
      const value = parts.join('"');
      let after = Math.min(text.length, end + 1);
      while (after < text.length && text[after] !== separator && text[after] !== "\n" && text[after] !== "\r") after += 1;
      return { value, end: after, lines: value.split("\n").length - 1 };
    }
    at = end + 2;
  }
}

/** CSV of rows, with what needs it in quotes. */
export function write(header, rows) {
  const cell = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return [header, ...rows].map((cells) => cells.map(cell).join(",")).join("\r\n");
}

/** Texts out of what was pasted: one a line, or one a paragraph. */
export function textsOf(pasted, by) {
  return pasted.split(by === "paragraph" ? /\r?\n\s*\r?\n/ : /\r?\n/).map((text) => text.trim()).filter(Boolean);
}
