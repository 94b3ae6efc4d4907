// The routes of training that the page calls.
import { get, newKey, patch, post, query, remove, send } from "../shared/api.js";
import { followJob } from "../shared/events.js";
import { t } from "../shared/messages.js";

const ROOT = "/training";
const once = () => ({ key: newKey() });

export const datasets = () => get(`${ROOT}/datasets?limit=100`);
export const makeDataset = (body) => post(`${ROOT}/datasets`, body, once());
export const deleteDataset = (id) => remove(`${ROOT}/datasets/${id}?cascade=true`);
export const statsOf = (dataset) => get(query(`${ROOT}/dataset/stats`, { dataset }));
export const inDataset = (values) => get(query(`${ROOT}/dataset/files`, values));
export const deleteFile = (id) => remove(`${ROOT}/dataset/files/${id}`);
export const sendFiles = (form, signal) => send("POST", `${ROOT}/dataset/upload`, { body: form, signal, ...once() });
export const importUpload = (dataset, upload_id, signal) => post(`${ROOT}/dataset/import`, { dataset, upload_id }, { signal, ...once() });
export const fetchFrom = (body) => post(`${ROOT}/dataset/download`, body, once());
export const cut = (dataset, settings = {}) => post(`${ROOT}/dataset/segment`, { dataset, ...settings }, once());
export const writeDown = (dataset, settings = {}) => post(`${ROOT}/dataset/transcribe`, { dataset, ...settings }, once());
// What a segment is afterwards is the same however often it is asked for, so that it may be sent again.
export const editSegment = (id, body) => patch(`${ROOT}/dataset/segments/${id}`, body, once());
export const editSegments = (dataset, segments) => patch(`${ROOT}/dataset/segments`, { dataset, segments }, once());
export const prompts = (language, count) => get(query(`${ROOT}/dataset/prompts`, { language, count }));
export const exportAs = (dataset, format) => post(`${ROOT}/dataset/export`, { dataset, format }, once());

export const start = (body) => post(`${ROOT}/start`, body, once());
export const estimate = (body) => post(`${ROOT}/start`, { ...body, dry_run: true });
export const stop = (run_id, discard) => post(`${ROOT}/stop`, { run_id, discard }, once());
export const statusOf = (run_id) => get(query(`${ROOT}/status`, { run_id }));
export const logsOf = (run_id) => query(`${ROOT}/logs`, { run_id });
export const runs = () => get(`${ROOT}/runs?limit=50`);
export const resume = (id) => post(`${ROOT}/runs/${id}/resume`, undefined, once());
export const deleteRun = (id) => remove(`${ROOT}/runs/${id}`);
export const checkpointsOf = (run_id) => get(query(`${ROOT}/checkpoints`, { run_id, limit: 100 }));

export const speakWith = (body) => post(`${ROOT}/inference/synthesize`, body, once());
export const weightsOf = (checkpoint) => `${ROOT}/checkpoints/${checkpoint}/export`;
export const load = (body) => post(`${ROOT}/checkpoints/load`, body, once());
export const versionsOf = (voice) => get(`${ROOT}/voices/${voice}/versions`);
export const rollBack = (voice, version) => post(`${ROOT}/voices/${voice}/rollback`, { version }, once());
export const compare = (body) => post(`${ROOT}/inference/ab-test`, body, once());
export const comparisons = () => get(`${ROOT}/inference/ab-test?limit=20`);
export const comparison = (id) => get(`${ROOT}/inference/ab-test/${id}`);
export const vote = (id, pair, choice) => post(`${ROOT}/inference/ab-test/${id}/preferences`, { pair, choice }, once());

/** Follows a job to its end and gives its result; one that did not complete is an error with its own words. */
export async function resultOf({ job_id: id }, onJob, signal) {
  const job = await followJob(id, onJob, signal, get);
  signal.throwIfAborted();
  if (job.status !== "completed") throw new Error(job.error?.message ?? t(job.status));
  return job.result;
}
