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
await runner.stop(); // flushes the last completions
const speed = rate(start);
const { rows } = await utils.withPgClient((client) => client.query("select count(*)::int as n from graphile_worker._private_jobs"));
if (rows[0].n !== 0) throw new Error(`${rows[0].n} jobs were not completed`);
await utils.release();
console.log(JSON.stringify({ enqueue, run: speed }));
process.exit(0);
