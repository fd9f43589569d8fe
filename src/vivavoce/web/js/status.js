// Status: how the server is now, and how the last hour went.

import { hour, lineChart } from "./charts.js";
import { byId, make, tableOf } from "./dom.js";
import { ask } from "./service.js";

const EVERY_MS = 5_000;
const WIDEST_PX = 480;
const KINDS = { vad: "Speech detection", turn: "Turn detection", stt: "Speech to text", llm: "Language model", tts: "Text to speech" };
const STATES = { ready: "Ready", warming: "Loading the engines", draining: "Shutting down" };

export class Status {
  /** Ask now and then, while the section is shown. */
  open() {
    this.close();
    const round = async () => {
      await this.refresh();
      if (this.shown) this.timer = setTimeout(round, EVERY_MS);
    };
    this.shown = true;
    void round();
  }

  close() {
    this.shown = false;
    clearTimeout(this.timer);
  }

  async refresh() {
    try {
      const health = await (await ask("audio/health", { accept: [503] })).json();
      this.showHealth(health);
      this.showFigures(await (await ask("audio/metrics")).json());
    } catch (error) {
      this.say(error.message, "failing");
      if (error.status === 401) this.close();
    }
  }

  say(words, mood) {
    const state = byId("server-state");
    state.className = `state small ${mood}`;
    if (state.textContent !== words) state.textContent = words;
  }

  showHealth({ ready, state, engines }) {
    const words = state === "ready" && !ready ? "An engine failed" : STATES[state];
    this.say(words, ready ? "ready" : state === "ready" ? "failing" : "waiting");
    byId("engines").replaceChildren(
      make("thead", {}, make("tr", {}, ...["Task", "Engine", "State"].map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...(engines ?? []).map((engine) =>
        make("tr", {},
          make("td", {}, KINDS[engine.kind] ?? engine.kind),
          make("td", {}, engine.name),
          make("td", {}, make("span", { class: `mark ${engine.state}` }, engine.detail ? `${engine.state}: ${engine.detail}` : engine.state)),
        ))),
    );
  }

  showFigures({ sessions, gaps, history, metrics }) {
    const last = history.at(-1);
    const sum = (name) => metrics[name]?.reduce((total, sample) => total + sample.value, 0);
    tiles([
      ["Sessions now", sessions],
      ["Turns", Math.round(sum("vivavoce_turns_total") ?? 0)],
      ["Median gap", ms(gaps.median_ms)],
      ["95th percentile", ms(gaps.p95_ms)],
      ["Processor", last ? `${last.cpu.toFixed(2)} cores` : "–"],
      ["Memory", megabytes(last?.rss_mb ?? (sum("process_resident_memory_bytes") ?? 0) / 1e6)],
    ]);
    const times = history.map((point) => point.at);
    const wide = Math.min(byId("charts").clientWidth, WIDEST_PX);
    const line = (name, value) => ({ name, values: history.map(value) });
    const chart = (title, unit, ...lines) => lineChart({ title, unit, wide, times, lines });
    byId("charts").replaceChildren(
      chart("Gap (ms)", "milliseconds",
        line("median", (point) => point.gaps.median_ms), line("95th percentile", (point) => point.gaps.p95_ms)),
      chart("Sessions", "at once", line("sessions", (point) => point.sessions)),
      chart("Processor (cores)", "cores", line("cores", (point) => point.cpu)),
      chart("Event loop, worst delay (ms)", "milliseconds", line("delay", (point) => point.lag_ms)),
    );
    const rows = history.toReversed().map((point) => [
      hour(point.at), point.gaps.turns, point.gaps.median_ms, point.gaps.p95_ms, point.sessions, point.cpu, point.rss_mb, Number(point.lag_ms.toFixed(1)),
    ]);
    byId("history-table").replaceChildren(...tableOf(
      "Newest first; one row per ten seconds",
      ["Until", "Turns", "Median gap (ms)", "95th percentile (ms)", "Sessions", "Cores", "Memory (MB)", "Delay (ms)"], rows,
    ));
  }
}

function tiles(facts) {
  byId("tiles").replaceChildren(
    ...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)))),
  );
}

function ms(value) {
  return value == null ? "–" : `${Math.round(value)} ms`;
}

function megabytes(value) {
  return value ? `${Math.round(value)} MB` : "–";
}
