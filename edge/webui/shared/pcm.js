// Samples as bytes: apart from players, so that it can be tested.

/** A function from pieces of bytes, cut anywhere, to samples of 16 bits as floats. */
export function samplesOf() {
  let odd;
  return (bytes) => {
    const whole = odd === undefined ? bytes : Uint8Array.of(odd, ...bytes.subarray(0, 1));
    const first = odd === undefined ? [] : decode(whole);
    const rest = odd === undefined ? bytes : bytes.subarray(1);
    odd = undefined;
    const even = rest.length - (rest.length % 2);
    if (even < rest.length) odd = rest[even];
    const samples = new Float32Array(first.length + even / 2);
    samples.set(first);
    samples.set(decode(rest.subarray(0, even)), first.length);
    return samples;
  };
}

function decode(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length - (bytes.length % 2));
  return Float32Array.from({ length: view.byteLength / 2 }, (_, at) => view.getInt16(at * 2, true) / 32768);
}

/** The 44 bytes before samples of 16 bits, one channel. */
export function wavHeader(rate, dataBytes) {
  const view = new DataView(new ArrayBuffer(44));
  const text = (at, value) => [...value].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + dataBytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  [1, 1].forEach((value, i) => view.setUint16(20 + 2 * i, value, true));
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  [2, 16].forEach((value, i) => view.setUint16(32 + 2 * i, value, true));
  text(36, "data");
  view.setUint32(40, dataBytes, true);
  return new Uint8Array(view.buffer);
}

/** The loudest sample of each of `count` stretches. */
export function peaks(samples, count) {
  const stretch = Math.max(1, Math.ceil(samples.length / count));
  return Array.from({ length: Math.ceil(samples.length / stretch) }, (_, at) =>
    samples.subarray(at * stretch, (at + 1) * stretch).reduce((loudest, value) => Math.max(loudest, Math.abs(value)), 0));
}
