// Speak: a text is heard while it is made, and can be kept.

import { byId, dismiss, make, notify, save } from "./dom.js";
import { ask } from "./service.js";
import { openContext, Player } from "./sound.js";
import { wavOf } from "./wav.js";

const RATE = 24_000;

export class Speak {
  constructor() {
    this.making = null;
    this.wav = null;
    byId("speak-form").onsubmit = (event) => {
      event.preventDefault();
      this.speak();
    };
    byId("voice-sample").onclick = () => this.sample();
    byId("speak-stop").onclick = () => this.making?.abort();
    byId("speed").oninput = ({ target }) => {
      byId("speed-value").textContent = `${Number(target.value).toFixed(2)}×`;
    };
    for (const button of document.querySelectorAll("[data-save]")) {
      button.onclick = () => this.save(button.dataset.save, button);
    }
  }

  /** Fill in the voices; called when the section is first shown. */
  async open() {
    if (this.listed) return;
    try {
      this.listed = true;
      const { voices } = await (await ask("tts/voices")).json();
      this.languages = new Map(voices.map(({ id, languages }) => [id, languages[0]]));
      this.languages.set("", voices[0]?.languages[0]);
      byId("voice").append(...groupsOf(voices));
    } catch {
      this.listed = false;
    }
  }

  wishes(form) {
    return {
      model: "tts-1",
      input: byId("speak-text").value,
      speed: Number(byId("speed").value),
      response_format: form,
      ...(byId("voice").value ? { voice: byId("voice").value } : {}),
    };
  }

  async request(wishes, signal) {
    return ask("v1/audio/speech", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(wishes),
      signal,
    });
  }

  /** Let the chosen voice say a few words of its language; the result below stays. */
  sample() {
    const language = this.languages?.get(byId("voice").value);
    return this.hear({ ...this.wishes("pcm"), input: sampleOf(language) });
  }

  async speak() {
    const wishes = this.wishes("pcm");
    const chunks = await this.hear(wishes);
    if (!chunks) return;
    this.made = wishes;
    this.wav = wavOf(chunks, RATE);
    this.show();
  }

  /** The PCM that was heard; null where it was stopped or failed. */
  async hear(wishes) {
    this.making?.abort();
    const making = (this.making = new AbortController());
    dismiss();
    this.busy(true);
    byId("speech").pause();
    let context = null;
    try {
      context = await openContext();
      return await this.play(wishes, context, making.signal);
    } catch (error) {
      if (error.name === "AbortError") byId("speak-state").textContent = "Stopped.";
      else {
        byId("speak-state").textContent = "";
        notify(error.message);
      }
      return null;
    } finally {
      await context?.close();
      if (this.making === making) {
        this.making = null;
        this.busy(false);
      }
    }
  }

  /** Play what comes while it comes; returns all of it once it was heard. */
  async play(wishes, context, signal) {
    const chunks = [];
    const begun = performance.now();
    let left = new Uint8Array(0);
    let heard;
    const played = new Promise((done) => (heard = done));
    const player = new Player(context, heard);
    player.node.connect(context.destination);
    signal.addEventListener("abort", heard);
    byId("speak-state").textContent = "Speaking…";
    const answer = await this.request(wishes, signal);
    for await (const piece of piecesOf(answer.body)) {
      if (!chunks.length) {
        byId("speak-state").textContent = `First sound after ${Math.round(performance.now() - begun)} ms.`;
      }
      const bytes = joined(left, piece);
      const whole = bytes.length - (bytes.length % 2);
      left = bytes.slice(whole);
      const pcm = bytes.slice(0, whole).buffer;
      chunks.push(pcm);
      player.play(pcm);
    }
    player.end();
    await played;
    signal.throwIfAborted();
    return chunks;
  }

  show() {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(this.wav);
    byId("speech").src = this.url;
    byId("speech-card").hidden = false;
  }

  /** The WAV is what was heard; the other forms are made by the server. */
  async save(form, button) {
    if (form === "wav") {
      save("speech.wav", this.wav);
      return;
    }
    button.disabled = true;
    try {
      const answer = await this.request({ ...this.made, response_format: form });
      save(`speech.${form}`, await answer.blob());
    } catch (error) {
      notify(error.message);
    } finally {
      button.disabled = false;
    }
  }

  busy(busy) {
    byId("speak-go").textContent = busy ? "Speak again" : "Speak";
    byId("speak-stop").disabled = !busy;
  }
}

/** The voices by language: the default voice's first, the others by name. */
function groupsOf(voices) {
  const groups = Map.groupBy(voices, ({ languages }) => languageName(languages[0]));
  const labels = [...groups.keys()];
  const sorted = labels.slice(1).sort((a, b) => a.localeCompare(b));
  return [...labels.slice(0, 1), ...sorted].map((label) =>
    make("optgroup", { label }, ...groups.get(label).map(({ id, name }) => make("option", { value: id }, name))));
}

/** What it is called and what day it is, in a language; digits in one that the browser lacks. */
function sampleOf(code = "en") {
  try {
    if (Intl.DateTimeFormat.supportedLocalesOf(code).length) {
      const name = new Intl.DisplayNames([code], { type: "language" }).of(code);
      return `${name}. ${new Intl.DateTimeFormat(code, { dateStyle: "full" }).format(new Date())}.`;
    }
  } catch {
    // not a language code
  }
  return "1, 2, 3.";
}

function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return code ?? "Other";
  }
}

/** A body's pieces; not every browser iterates over streams by itself. */
async function* piecesOf(body) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function joined(first, second) {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
