// Talk: the microphone, the session, and what the page shows of them.

import { Conversation } from "./conversation.js";
import { announce, byId, dismiss, make, notify } from "./dom.js";
import { Latency } from "./latency.js";
import { Line } from "./line.js";
import { devicesOf, openMicrophone, outputsCanBeChosen } from "./microphone.js";
import { Score } from "./score.js";
import { Level, openContext, sourceOf } from "./sound.js";
import { closed, emptyView, noted, opened, phaseOf, take } from "./view.js";

const STATES = {
  off: ["Ready when you are", "Press the button and start speaking. You can interrupt at any time."],
  connecting: ["Connecting…", "Your browser may ask to use the microphone."],
  listening: ["Listening", "Say something."],
  hearing: ["Hearing you", "Keep talking; a pause ends your turn."],
  thinking: ["Thinking", "The answer is on its way."],
  speaking: ["Speaking", "Speak to interrupt."],
  paused: ["Paused", "Did you want to say something?"],
  reconnecting: ["Reconnecting…", "The connection to the server was lost."],
};

export class Talk {
  constructor() {
    this.view = emptyView();
    this.conversation = new Conversation();
    this.latency = new Latency();
    this.score = new Score(byId("score"), () => [
      this.muted ? 0 : (this.inputLevel?.now ?? 0), this.outputLevel?.now ?? 0,
    ]);
    this.line = null;
    this.muted = false;
    this.unsent = [];
    byId("talk-toggle").onclick = () => (this.line ? this.stop() : this.start({ aloud: true }));
    byId("mute").onclick = () => this.mute(!this.muted);
    byId("interrupt").onclick = () => this.line?.session?.interrupt();
    byId("compose").onsubmit = (event) => this.write(event);
    byId("input-device").onchange = () => this.changeMicrophone();
    byId("output-device").onchange = ({ target }) => this.line?.session?.setOutput(target.value);
    byId("output-label").hidden = !outputsCanBeChosen();
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.listDevices());
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) byId("interrupt").click();
    });
    addEventListener("pagehide", () => this.line && this.stop());
    this.listDevices();
    this.render();
  }

  /** Begin. aloud: with the microphone; else only written words go in. */
  async start({ aloud }) {
    if (this.starting) return;
    dismiss();
    this.update({ ...this.view, line: "connecting" });
    this.starting = true;
    try {
      const stream = aloud ? await this.microphone() : null;
      this.context = await openContext(stream);
      this.stream = stream;
      this.run();
    } catch (error) {
      this.release();
      this.update(closed(this.view, "off"));
      notify(`Sound could not start: ${error.message}`);
    } finally {
      this.starting = false;
    }
  }

  run() {
    const { context, stream } = this;
    this.outputLevel = new Level(context);
    this.sound = { context, stream, outputLevel: this.outputLevel, element: byId("reply-audio") };
    this.takeUp(stream);
    const line = new Line({
      sound: this.sound,
      way: byId("connection").value,
      tell: (event) => line === this.line && this.tell(event),
      change: (state, detail) => line === this.line && this.change(state, detail),
    });
    this.line = line;
    this.score.start();
    this.listDevices();
    void line.run();
  }

  /** Have the session hear this microphone. Returns whether the browser can do that. */
  takeUp(stream) {
    const source = stream ? sourceOf(this.context, stream) : null;
    if (stream && !source) return false;
    if (this.stream !== stream) this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.sound.stream = stream;
    this.sound.microphone = source;
    this.inputLevel = source ? new Level(this.context) : null;
    source?.connect(this.inputLevel.node);
    this.watchTrack();
    return true;
  }

  /** The microphone, or null when there is none: then the page says why, and writing goes on. */
  async microphone() {
    try {
      return await openMicrophone(byId("input-device").value);
    } catch (error) {
      notify(error.message, { label: "Try again", run: () => this.changeMicrophone() });
      return null;
    }
  }

  async changeMicrophone() {
    if (!this.line) return;
    const stream = await this.microphone();
    if (!stream || !this.line) return;
    const { session } = this.line;
    if (session?.canHear(stream) && this.takeUp(stream)) {
      session.hear(this.sound.microphone, stream);
      this.render();
      return;
    }
    this.stop();
    this.stream = stream;
    this.context = await openContext(stream);
    this.run();
  }

  watchTrack() {
    const track = this.stream?.getAudioTracks()[0];
    if (!track) return;
    track.enabled = !this.muted;
    track.onended = () =>
      notify("The microphone was disconnected.", { label: "Use another one", run: () => this.changeMicrophone() });
  }

  stop() {
    const { line } = this;
    this.release();
    line?.stop();
    this.update(closed(this.view, "off"));
    announce("The conversation has ended");
  }

  release() {
    this.score.stop();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.line = this.stream = this.context = this.sound = null;
    this.inputLevel = this.outputLevel = null;
  }

  mute(muted) {
    this.muted = muted;
    this.watchTrack();
    announce(muted ? "Microphone muted" : "Microphone on");
    this.render();
  }

  write(event) {
    event.preventDefault();
    const text = byId("words").value.trim();
    if (!text) return;
    byId("words").value = "";
    const session = this.line?.session;
    if (session && this.view.reply !== null) session.interrupt();
    if (session) session.write(text);
    else this.unsent.push(text);
    if (!this.line && !this.starting) this.start({ aloud: false });
  }

  tell(event) {
    if (event.event === "Error") this.update(noted(this.view, event.message, true));
    else this.update(take(this.view, event));
  }

  change(state, detail) {
    if (state === "open") {
      const before = this.view.session > 0 && this.view.line === "reconnecting";
      this.update(opened(this.view));
      if (before) this.update(noted(this.view, "Connected again. The conversation starts over."));
      this.transport = detail;
      announce(`Connected over ${detail}`);
      dismissUnlessMicrophone(this.stream);
      if (byId("output-device").value) this.line.session.setOutput(byId("output-device").value);
      for (const text of this.unsent.splice(0)) this.line.session.write(text);
    } else if (state === "reconnecting") {
      if (this.view.line !== state) announce("The connection was lost. Reconnecting.");
      this.trouble = detail;
      this.update(closed(this.view, state));
    } else if (state === "off") {
      this.release();
      this.update(closed(this.view, "off", detail?.message));
      announce("The conversation has ended");
      if (detail) notify(detail.message);
    } else this.update({ ...this.view, line: state });
    this.render();
  }

  update(view) {
    this.view = view;
    this.due ??= requestAnimationFrame(() => this.render());
  }

  render() {
    cancelAnimationFrame(this.due);
    this.due = null;
    const phase = phaseOf(this.view);
    const [words, hint] = this.words(phase);
    const shown = { stage: byId("stage"), pill: byId("session-pill") };
    if (shown.stage.dataset.phase !== phase || byId("state").textContent !== words) {
      shown.stage.dataset.phase = shown.pill.dataset.phase = phase;
      byId("state").textContent = shown.pill.textContent = words;
    }
    byId("state-hint").textContent = hint;
    shown.pill.hidden = phase === "off";
    byId("talk-toggle").textContent = phase === "off" ? "Start talking" : "End conversation";
    byId("mute").disabled = !this.stream;
    byId("mute").setAttribute("aria-pressed", String(this.muted));
    byId("mute").textContent = this.muted ? "Muted" : "Mute";
    byId("interrupt").disabled = !["speaking", "paused", "thinking"].includes(phase);
    byId("connection").disabled = phase !== "off";
    byId("connection-note").textContent = this.view.line === "open" && this.transport
      ? `Connected over ${this.transport}.` : "Uses WebRTC if it works, otherwise WebSocket.";
    this.conversation.show(this.view.entries);
    this.latency.show(this.view.turns);
  }

  words(phase) {
    const [words, hint] = STATES[phase];
    if (phase === "reconnecting") {
      const { error, seconds } = this.trouble;
      return [words, `${error.message} Trying again${seconds > 1 ? ` in ${seconds} s` : ""}.`];
    }
    if (phase === "listening" && !this.stream) return ["Ready", "No microphone: write below to talk."];
    if (phase === "listening" && this.muted) return ["Muted", "Vivavoce does not hear you."];
    return [words, hint];
  }

  async listDevices() {
    for (const [id, kind] of [["input-device", "audioinput"], ["output-device", "audiooutput"]]) {
      const list = byId(id);
      const chosen = list.value;
      const found = await devicesOf(kind);
      list.replaceChildren(
        make("option", { value: "" }, "System default"),
        ...found.map(({ id: value, label }) => make("option", { value }, label)),
      );
      if (found.some(({ id: value }) => value === chosen)) list.value = chosen;
    }
  }
}

function dismissUnlessMicrophone(stream) {
  if (stream) dismiss();
}
