// What a run has told of itself, apart from the page, so that it can be tested.
const LINES = 500;

/** Losses over steps, and the last lines of the log. */
export function history() {
  return { train: [], evaluation: [], lines: [] };
}

/** Takes an event into the history; what is known already, as after a connection was taken up again, is not taken twice. */
export function take(known, event, data) {
  if (event === "log") known.lines = [...known.lines, data].slice(-LINES);
  if (event === "progress") point(known.train, data?.step, data?.loss?.train);
  if (event === "checkpoint") point(known.evaluation, data?.step, data?.evaluation_loss);
  return known;
}

function point(points, step, value) {
  if (!Number.isFinite(step) || !Number.isFinite(value)) return;
  // What is asked for by hand may be ahead of what a stream tells again from the beginning.
  let at = points.length;
  while (at && points[at - 1][0] > step) at -= 1;
  if (at === 0 || points[at - 1][0] < step) points.splice(at, 0, [step, value]);
}

/** What is spoken on the way, by steps, the newest first: [{step, samples}, …]. */
export function bySteps(samples) {
  const steps = [...new Set(samples.map(({ step }) => step))].sort((one, other) => other - one);
  return steps.map((step) => ({ step, samples: samples.filter((one) => one.step === step) }));
}

/** The steps of a preset, of those that fit the dataset. */
export function stepsOf(preset, fitting) {
  const factor = { quick: 1 / 3, balanced: 1, thorough: 2 }[preset];
  return factor === 1 ? undefined : Math.round(fitting * factor);
}

/** The run that an address means: the one it names, unless that is of another dataset than it names; else that dataset's latest. */
export function meant(runs, { run, dataset }) {
  const own = runs.filter((one) => !dataset || one.dataset_id === dataset);
  return own.find((one) => one.run_id === run) ?? own[0];
}

export const isOver = (state) => ["completed", "failed", "stopped"].includes(state);
