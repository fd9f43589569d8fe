// A turn's latency as a waterfall, and the gaps of all turns as bars to choose one by.

import { byId, make, makeSvg, tableOf } from "./dom.js";
import { median, stages } from "./view.js";

const WIDE = 340;
const LABEL = 92;
const ROW = 26;
const BARS = 40;
const SCALE_S = 0.5;

/** Shows a view's turns; the last one in full, or the one that was chosen. */
export class Latency {
  constructor() {
    this.turns = [];
    this.chosen = null;
    this.show([]);
  }

  show(turns) {
    if (turns === this.turns && turns.length) return;
    if (turns.length > this.turns.length) this.chosen = null;
    this.turns = turns;
    this.draw();
  }

  draw() {
    const { turns } = this;
    const place = this.chosen ?? turns.length - 1;
    const turn = turns[place];
    const all = turns.map((each) => each.times.playout);
    byId("gap-now").textContent = turn ? ms(turn.times.playout) : "–";
    byId("gap-about").textContent = turn ? about(turn, place, all) : "from the end of your speech to the first sound";
    byId("waterfall").replaceChildren(turn ? waterfall(turn.times) : nothing("Appears after the first answer."));
    const focused = byId("gaps").contains(document.activeElement);
    byId("gaps").replaceChildren(turns.length ? this.bars(place, all) : nothing("Each answer adds a bar."));
    if (focused) byId("gaps").querySelector("[aria-pressed=true]")?.focus();
    byId("turn-table").replaceChildren(...table(turns));
  }

  bars(chosen, all) {
    const shown = Math.max(0, all.length - BARS);
    const most = Math.max(...all.slice(shown), SCALE_S);
    const buttons = all.slice(shown).map((gap, offset) => {
      const place = shown + offset;
      const tall = Math.max((gap / most) * 100, 3);
      const choose = () => {
        this.chosen = place;
        this.draw();
      };
      const bar = makeSvg("rect", { x: 0, y: 100 - tall, width: 10, height: tall });
      return make("button",
        { type: "button", "aria-pressed": String(place === chosen), "aria-label": `Answer ${place + 1}: ${ms(gap)}`, click: choose },
        makeSvg("svg", { viewBox: "0 0 10 100", preserveAspectRatio: "none", "aria-hidden": "true" }, bar));
    });
    return make("div", {},
      make("p", { class: "scale" }, ms(most)),
      make("div", { class: "bars" }, ...buttons),
      make("p", { class: "soft" }, "Select a bar to see where the time went."));
  }
}

function about(turn, place, all) {
  const drafted = turn.times.draft ? ", drafted before you finished" : "";
  const middle = all.length > 1 ? ` · median ${ms(median(all))}` : "";
  return `answer ${place + 1}: from the end of your speech to the first sound${drafted}${middle}`;
}

function waterfall(times) {
  const rows = stages(times);
  const end = Math.max(...rows.map((row) => row.to), 0.05);
  const span = WIDE - LABEL - 60;
  const x = (seconds) => LABEL + (seconds / end) * span;
  const high = rows.length * ROW;
  const told = rows.map((row) => `${row.name} at ${ms(row.to)}`).join(", ");
  const chart = makeSvg("svg", { class: "chart", viewBox: `0 0 ${WIDE} ${high}`, role: "img", "aria-label": told });
  chart.append(makeSvg("path", { class: "axis", d: `M${LABEL} 0V${high}` }));
  rows.forEach((row, place) => {
    const y = place * ROW;
    chart.append(
      label(0, y + 17, row.name, "value"),
      makeSvg("rect", { class: `bar-${row.kind}`, x: x(row.from), y: y + 6, height: 13, rx: 3, width: Math.max(x(row.to) - x(row.from), 2) }),
      label(x(row.to) + 6, y + 17, ms(row.to)),
    );
  });
  return chart;
}

function label(x, y, words, kind = null) {
  return makeSvg("text", { x, y, class: kind }, words);
}

function table(turns) {
  const heads = ["Answer", "Gap", "Transcript", "First word", "First phrase", "Voice", "Turn over", "Drafted"];
  const cells = ({ times }, place) => [
    place + 1,
    ...[times.playout, times.stt, times.first_token, times.first_phrase, times.first_audio, times.turn_over].map(
      (value) => (value == null ? null : Math.round(value * 1000)),
    ),
    times.draft ? "yes" : "no",
  ];
  return tableOf("Milliseconds from the end of your speech", heads, turns.map(cells));
}

function nothing(words) {
  return make("p", { class: "soft" }, words);
}

function ms(seconds) {
  return `${Math.round(seconds * 1000)} ms`;
}
