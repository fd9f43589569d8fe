// Lines over time, as small SVG.

import { make, makeSvg } from "./dom.js";

const HIGH = 150;
const LEFT = 46;
const BOTTOM = 22;

/** A chart with its title.
 *
 * wide: in pixels, as it will be shown. times: seconds since 1970. lines: [{name, values}], where
 * null is a hole.
 */
export function lineChart({ title, unit, wide, times, lines }) {
  const known = lines.flatMap((line) => line.values.filter((value) => value != null));
  const keys = lines.length > 1
    ? lines.map((line, place) => make("span", { class: place ? "key second" : "key" }, line.name)) : [];
  const caption = make("figcaption", {}, make("span", {}, title), ...keys);
  if (!known.length) return make("figure", {}, caption, make("p", { class: "soft" }, "Nothing yet."));
  const top = ceiling(Math.max(...known));
  const [from, to] = [times[0], Math.max(times.at(-1), times[0] + 60)];
  const x = (time) => LEFT + ((time - from) / (to - from)) * (wide - LEFT - 4);
  const y = (value) => 8 + (1 - value / top) * (HIGH - BOTTOM - 8);
  const last = lines.map((line) => `${line.name} ${told(line.values.findLast((value) => value != null))}`);
  const chart = makeSvg("svg", {
    class: "chart", viewBox: `0 0 ${wide} ${HIGH}`, role: "img", "aria-label": `${title}, ${unit}; latest: ${last.join(", ")}`,
  });
  for (const share of [0, 0.5, 1]) {
    const height = y(share * top);
    chart.append(
      makeSvg("path", { class: share ? "grid" : "axis", d: `M${LEFT} ${height}H${wide}` }),
      makeSvg("text", { x: LEFT - 6, y: height + 4, "text-anchor": "end" }, told(share * top)),
    );
  }
  chart.append(
    makeSvg("text", { x: LEFT, y: HIGH - 5 }, hour(from)),
    makeSvg("text", { x: wide, y: HIGH - 5, "text-anchor": "end" }, hour(to)),
  );
  lines.forEach((line, place) => draw(chart, line.values, times, x, y, place ? "second" : "first"));
  return make("figure", {}, caption, chart);
}

function draw(chart, values, times, x, y, kind) {
  let path = "";
  values.forEach((value, place) => {
    if (value == null) return;
    const joined = path !== "" && values[place - 1] != null;
    path += `${joined ? "L" : "M"}${x(times[place]).toFixed(1)} ${y(value).toFixed(1)}`;
    const alone = !joined && values[place + 1] == null;
    if (alone) chart.append(makeSvg("circle", { class: kind, cx: x(times[place]), cy: y(value), r: 2.5 }));
  });
  chart.append(makeSvg("path", { class: `line ${kind}`, d: path }));
}

/** The next of 1, 2, 5, 10, … at or above the value. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

function told(value) {
  return value == null ? "–" : String(Number(value.toPrecision(3)));
}

/** The time of day, as the user's country writes it. */
export function hour(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
