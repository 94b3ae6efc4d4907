// pg-boss: `pgboss.mjs URL JOBS BATCH CONSUMERS` prints {"enqueue": jobs/s, "run": jobs/s}. Fetch and complete are called
// in a loop, which is faster than its polling workers.
import { PgBoss } from "pg-boss";

const [url, jobs, batch, consumers] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
boss.on("error", (error) => console.error(error.message));
await boss.start();
await boss.createQueue("nothing");

const rate = (start) => Math.round(jobs / ((performance.now() - start) / 1000));
let start = performance.now();
for (let done = 0; done < jobs; done += batch) {
  await boss.insert("nothing", Array.from({ length: batch }, (_, index) => ({ data: { index } })));
}
const enqueue = rate(start);

let completed = 0;
async function consume() {
  for (;;) {
    const fetched = await boss.fetch("nothing", { batchSize: batch });
    if (fetched.length === 0) {
      if (completed >= jobs) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
      continue;
    }
    await boss.complete("nothing", fetched.map((job) => job.id));
    completed += fetched.length;
  }
}
start = performance.now();
await Promise.all(Array.from({ length: consumers }, consume));
console.log(JSON.stringify({ enqueue, run: rate(start) }));
await boss.stop({ graceful: false });
process.exit(0);
