// Files put together into one ZIP as they are: recordings and the words beside them come to the server together.

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

export function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
  return ~value >>> 0;
}

/** A ZIP without compression; `entries` is [{name, blob}, …]. One file is in memory at a time, for its checksum. */
export async function zip(entries) {
  const [pieces, directory] = [[], []];
  let at = 0;
  for (const { name, blob } of entries) {
    const bytes = new TextEncoder().encode(name);
    const about = described(crc32(new Uint8Array(await blob.arrayBuffer())), blob.size, bytes.length);
    const head = little([[4, 0x04034b50], ...about]);
    pieces.push(head, bytes, blob);
    directory.push(little([[4, 0x02014b50], [2, 20], ...about, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]]), bytes);
    at += head.length + bytes.length + blob.size;
  }
  const length = directory.reduce((sum, piece) => sum + piece.length, 0);
  const end = little([[4, 0x06054b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, length], [4, at], [2, 0]]);
  return new Blob([...pieces, ...directory, end], { type: "application/zip" });
}

/** What both heads of an entry say: version 2.0, names in UTF-8, stored, 1980-01-01, checksum, sizes, lengths of name and rest. */
function described(checksum, size, nameLength) {
  return [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, 0x21], [4, checksum], [4, size], [4, size], [2, nameLength], [2, 0]];
}

/** Numbers of two or four bytes, the lowest first. */
function little(fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return new Uint8Array(view.buffer);
}
