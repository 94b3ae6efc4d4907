// Curves over steps as SVG, with the same figures as a table for those who do not see them.
import { h, svg, uid } from "./dom.js";
import { table } from "./list.js";
import { number, t } from "./messages.js";

const [WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP] = [400, 200, 46, 18, 28, 10];
const ROWS = 12;

/** Where values lie: linear from `[low, high]` to `[from, to]`. */
export function scale([low, high], [from, to]) {
  const span = high - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

/** Three to six round values within a range. */
export function ticks([low, high]) {
  const span = high - low || Math.abs(high) || 1;
  const rough = 10 ** Math.floor(Math.log10(span / 3));
  const step = [1, 2, 5, 10].map((factor) => factor * rough).find((one) => span / one <= 5);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, at) => (first + at) * step);
}

export function range(values) {
  return values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
}

/** `curves` is [{label, points: [[x, y], …]}, …], at most two. */
export function chart(title, curves) {
  const points = curves.flatMap((curve) => curve.points);
  if (!points.length) return h("p", { class: "quiet" }, t("No figures yet."));
  const [xs, ys] = [range(points.map(([x]) => x)), range(points.map(([, y]) => y))];
  const [x, y] = [scale(xs, [LEFT, WIDTH - RIGHT]), scale(ys, [HEIGHT - BOTTOM, TOP])];
  const id = uid("chart");
  const picture = svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": id },
    svg("title", { id }, document.createTextNode(title)), axes(xs, ys, x, y),
    curves.map((curve, at) => svg("path", { class: `curve curve-${at}`, d: path(curve.points, x, y) })));
  return h("div", {}, picture, curves.length > 1 ? key(curves) : null, h("details", { "data-name": title }, h("summary", { "data-name": `${title} ` }, t("The figures as a table")), figures(title, curves)));
}

function path(points, x, y) {
  return points.map(([step, value], at) => `${at ? "L" : "M"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join("");
}

function axes(xs, ys, x, y) {
  return [
    ...ticks(ys).map((value) => [svg("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }),
      svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, number(value, 3))]),
    ...ticks(xs).map((value) => svg("text", { x: x(value), y: HEIGHT - 8, "text-anchor": "middle" }, number(value))),
  ].flat();
}

function key(curves) {
  return h("p", { class: "row small" }, curves.map((curve, at) => h("span", { class: "row" },
    svg("svg", { width: 28, height: 8, "aria-hidden": "true", class: "chart-key" }, svg("line", { class: `key-${at}`, x1: 0, x2: 28, y1: 4, y2: 4, "stroke-width": 3 })), curve.label)));
}

function figures(title, curves) {
  const rows = curves.flatMap((curve) => curve.points.map(([step, value]) => ({ label: curve.label, step, value })));
  const stride = Math.max(1, Math.ceil(rows.length / (ROWS * curves.length)));
  return table(title, [[t("Curve"), (row) => row.label], [t("Step"), (row) => number(row.step), "number"], [t("Value"), (row) => number(row.value, 4), "number"]],
    rows.filter((_, at) => at % stride === 0 || at === rows.length - 1));
}
