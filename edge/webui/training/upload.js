// A file on its way in parts, each again where a connection broke.
import { get, newKey, post, send, sleep } from "../shared/api.js";

/** Brings a file and gives its `upload_id` once it was checked; `onProgress(0..1)`. */
export async function upload(file, name, onProgress, signal) {
  const begun = await post("/api/v1/uploads", { family: "training", filename: name, bytes: file.size }, { key: newKey(), signal });
  const { upload_id: id, parts, part_bytes: size } = begun;
  for (let number = 1; number <= parts; number += 1) {
    const body = file.slice((number - 1) * size, Math.min(file.size, number * size));
    // The same part may come twice: the key only says that it may be sent again.
    await send("PUT", `/api/v1/uploads/${id}/parts/${number}`, { body, key: newKey(), signal, headers: { "content-type": "application/octet-stream" } });
    onProgress(number / parts);
  }
  let state = await post(`/api/v1/uploads/${id}/complete`, undefined, { key: newKey(), signal });
  while (state.status === "checking") {
    await sleep(700, signal);
    state = await get(`/api/v1/uploads/${id}`);
  }
  if (state.status !== "ready") throw new Error(state.error ?? state.status);
  return id;
}
