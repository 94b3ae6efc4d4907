// graphile-worker: `graphile.mjs URL JOBS BATCH LOCAL_QUEUE` prints {"enqueue": jobs/s, "run": jobs/s}.
// LOCAL_QUEUE 0 fetches job by job; otherwise that many are fetched at once and completions are batched.
import { makeWorkerUtils, run } from "graphile-worker";

const [url, jobs, batch, localQueue] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const utils = await makeWorkerUtils({ connectionString: url });
await utils.migrate();

const rate = (start) => Math.round(jobs / ((performance.now() - start) / 1000));
let start = performance.now();
for (let done = 0; done < jobs; done += batch) {
  const specs = Array.from({ length: batch }, (_, index) => ({ identifier: "nothing", payload: { index } }));
  await utils.addJobs(specs);
}
const enqueue = rate(start);

let left = jobs;
let finished;
const all = new Promise((resolve) => (finished = resolve));
const worker = localQueue
  ? { concurrentJobs: 24, maxPoolSize: 10, localQueue: { size: localQueue }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
  : { concurrentJobs: 24, maxPoolSize: 10 };
start = performance.now();
const runner = await run({
  preset: { worker: { connectionString: url, ...worker } },
  noHandleSignals: true,
  taskList: { nothing: () => { if (--left === 0) finished(); } },
});
await all;
// A job counts when its completion is committed, which is after its task has returned.
const pending = async () => {
  const { rows } = await utils.withPgClient((client) =>
    client.query("select count(*)::int as n from graphile_worker._private_jobs"));
  return rows[0].n;
};
while ((await pending()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
const speed = rate(start);
await runner.stop();
await utils.release();
console.log(JSON.stringify({ enqueue, run: speed }));
process.exit(0);
