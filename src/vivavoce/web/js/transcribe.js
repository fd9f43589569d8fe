// Transcribe: a recording goes up, its words come back, each with the sound it was heard in.

import { exported, shortClock } from "./captions.js";
import { announce, byId, dismiss, make, notify, save } from "./dom.js";
import { loudness, withWords } from "./estimate.js";
import { ask } from "./service.js";

const UNCLEAR = 0.5;
const TYPES = { txt: "text/plain", srt: "application/x-subrip", vtt: "text/vtt", json: "application/json" };

export class Transcribe {
  constructor() {
    this.transcript = null;
    this.words = [];
    this.asking = null;
    const drop = byId("drop");
    byId("file").onchange = ({ target }) => {
      if (target.files.length) this.take(target.files[0]);
      target.value = "";
    };
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => event.preventDefault());
    drop.ondragover = () => drop.classList.add("over");
    drop.ondragleave = () => drop.classList.remove("over");
    drop.ondrop = (event) => {
      drop.classList.remove("over");
      if (event.dataTransfer.files.length) this.take(event.dataTransfer.files[0]);
    };
    byId("transcribe-cancel").onclick = () => this.asking?.abort();
    byId("recording").ontimeupdate = ({ target }) => this.follow(target.currentTime);
    byId("recording").onerror = () => {
      byId("recording").hidden = true;
    };
    byId("transcript").onclick = ({ target }) => this.hear(target);
    byId("transcript").onkeydown = (event) => this.move(event);
    byId("copy-transcript").onclick = () => this.copy();
    for (const button of document.querySelectorAll("[data-export]")) {
      button.onclick = () => this.save(button.dataset.export);
    }
  }

  /** Transcribe a file; one at a time, the last one wins. */
  async take(file) {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    dismiss();
    byId("transcribe-progress").hidden = false;
    byId("transcribe-state").textContent = `Transcribing ${file.name}…`;
    byId("transcribe-bar").removeAttribute("value");
    announce(`Transcribing ${file.name}`);
    try {
      const form = new FormData();
      form.append("file", file, file.name);
      const language = byId("transcribe-language").value.trim();
      const query = new URLSearchParams({ words: "true", ...(language ? { language } : {}) });
      const answer = await ask(`stt/transcribe?${query}`, { method: "POST", body: form, signal: asking.signal });
      const transcript = await answer.json();
      const loud = transcript.words?.length ? null : await loudness(file, transcript.duration_s);
      asking.signal.throwIfAborted();
      this.show(file, transcript, loud);
    } catch (error) {
      if (error.name !== "AbortError") notify(`${file.name}: ${error.message}`);
    } finally {
      if (this.asking === asking) {
        byId("transcribe-progress").hidden = true;
        this.asking = null;
      }
    }
  }

  show(file, transcript, loud) {
    const segments = transcript.segments.map((segment) => withWords(segment, loud));
    this.transcript = transcript;
    this.timed = { ...transcript, segments };
    this.name = file.name.replace(/\.[^.]*$/, "") || "transcript";
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(file);
    byId("recording").hidden = false;
    byId("recording").src = this.url;
    byId("transcript-card").hidden = false;
    byId("transcript-name").textContent = file.name;
    byId("transcript-facts").textContent = facts(transcript, segments);
    this.words = [];
    const lines = segments.map((segment) => this.line(segment));
    byId("transcript").replaceChildren(...(lines.length ? lines : [make("p", {}, "No words were recognized.")]));
    if (this.words.length) this.words[0].button.tabIndex = 0;
    announce(`Transcribed: ${this.words.length} words`);
  }

  line(segment) {
    const spans = segment.words.flatMap((word) => {
      const unclear = word.confidence != null && word.confidence < UNCLEAR;
      const button = make("button", {
        type: "button", tabindex: "-1", "data-word": this.words.length, class: unclear ? "unclear" : null,
        title: unclear ? `Uncertain: ${Math.round(word.confidence * 100)} %` : null,
      }, word.text);
      this.words.push({ ...word, button });
      return [button, " "];
    });
    return make("p", {}, make("span", { class: "at" }, shortClock(segment.start)), make("span", {}, ...spans));
  }

  hear(target) {
    const word = this.words[target.dataset?.word];
    if (!word) return;
    const player = byId("recording");
    player.currentTime = word.start;
    player.play().catch(() => {});
    this.follow(word.start);
  }

  /** One stop for the tab key; the arrows go from word to word. */
  move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    const place = Number(event.target.dataset?.word);
    if (!step || Number.isNaN(place)) return;
    event.preventDefault();
    const next = this.words[Math.max(0, Math.min(this.words.length - 1, place + step))];
    event.target.tabIndex = -1;
    next.button.tabIndex = 0;
    next.button.focus();
  }

  /** Mark the word that is heard now. */
  follow(time) {
    let [low, high] = [0, this.words.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.words[middle].start <= time + 0.02) low = middle + 1;
      else high = middle;
    }
    const now = this.words[low - 1];
    if (now === this.now) return;
    this.now?.button.removeAttribute("aria-current");
    now?.button.setAttribute("aria-current", "true");
    now?.button.scrollIntoView({ block: "nearest" });
    this.now = now;
  }

  save(form) {
    const content = exported(form === "json" ? this.transcript : this.timed, form);
    save(`${this.name}.${form}`, new Blob([content], { type: TYPES[form] }));
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(exported(this.transcript, "txt"));
      announce("Copied");
    } catch {
      notify("Your browser does not let this page copy. Save the text instead.");
    }
  }
}

function facts({ duration_s: duration, processing_s: took, language, confidence, engine }, segments) {
  const speed = took > 0 ? `, ${Math.round(duration / took)} times faster than real time` : "";
  return [
    `${shortClock(duration)} long`,
    `transcribed in ${took.toFixed(1)} s${speed}`,
    language,
    confidence == null ? null : `${Math.round(confidence * 100)} % confident`,
    engine,
    segments.some((segment) => segment.estimated) ? "word times are estimated" : null,
  ].filter(Boolean).join(" · ");
}
