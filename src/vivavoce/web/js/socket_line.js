// A session over `WS /voice`: the way that works wherever WebSockets do.

import { ServiceError, socketUrl, subprotocols } from "./service.js";
import { Player } from "./sound.js";

const OPEN_MS = 8_000;
const UNSENT_BYTES = 500_000;
const PING_MS = 30_000;

/** An open session. tell(event) gets the core's events, left(error) is
 * called once if it breaks after it was open. */
export class SocketLine {
  name = "WebSocket";

  constructor({ context, microphone, outputLevel, tell, left }) {
    Object.assign(this, { context, microphone, outputLevel, tell, left });
    this.player = null;
    this.capture = null;
    this.over = false;
    this.error = null;
  }

  /** Resolves when the session has started. Raises ServiceError. */
  open() {
    const socket = (this.socket = new WebSocket(socketUrl("voice"), subprotocols()));
    socket.binaryType = "arraybuffer";
    return new Promise((started, failed) => {
      const late = setTimeout(() => this.fail("The server does not respond."), OPEN_MS);
      this.settle = (error) => {
        clearTimeout(late);
        if (error) failed(error);
        else started();
      };
      socket.onopen = () => this.ask({ type: "start", rate: this.context.sampleRate, clears: true });
      socket.onmessage = ({ data }) => this.receive(data);
      socket.onclose = ({ code, reason }) => this.fail(reason || "The connection to the server was lost.", code);
    });
  }

  /** What the user wrote. */
  write(text) {
    this.ask({ type: "text", text });
  }

  /** Stop the reply. */
  interrupt() {
    this.player?.clear();
    this.ask({ type: "interrupt" });
  }

  /** Whether `hear` can take this stream. */
  canHear() {
    return true;
  }

  /** Take another microphone, or none. */
  hear(microphone) {
    if (this.capture && this.microphone) this.microphone.disconnect(this.capture);
    this.microphone = microphone;
    if (!microphone) return;
    this.capture ??= new AudioWorkletNode(this.context, "capture", {
      numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit",
    });
    this.capture.port.onmessage = ({ data }) => this.say(data);
    microphone.connect(this.capture);
  }

  setOutput(device) {
    this.context.setSinkId?.(device);
  }

  close() {
    this.over = true;
    this.ask({ type: "end" });
    this.release();
    this.settle(new ServiceError("you ended the conversation"));
  }

  receive(data) {
    if (typeof data !== "string") {
      this.player?.play(data);
      return;
    }
    const event = JSON.parse(data);
    if (event.event === "Started") this.start();
    else if (event.event === "Paused") this.player?.clear();
    else if (event.event === "ReplyEnded" && event.why !== "done") this.player?.clear();
    else if (event.event === "Error" && event.fatal) this.error = event;
    if (!event.fatal) this.tell(event);
  }

  start() {
    this.player = new Player(this.context);
    this.player.node.connect(this.outputLevel.node).connect(this.context.destination);
    this.hear(this.microphone);
    this.pings = setInterval(() => this.ask({ type: "ping" }), PING_MS);
    this.settle();
  }

  say(buffer) {
    const { socket } = this;
    if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < UNSENT_BYTES) socket.send(buffer);
  }

  ask(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** It is over, and not by our will. */
  fail(message, code = 0) {
    if (this.over) return;
    this.over = true;
    this.release();
    const told = this.error;
    const status = told?.code === "invalid_api_key" || code === 3000 ? 401 : 0;
    const error = new ServiceError(told?.message ?? message, {
      status, code: told?.code ?? null, retryAfter: told?.retry_after ?? null,
    });
    this.settle(error);
    if (this.player) this.left(error);
  }

  release() {
    clearInterval(this.pings);
    if (this.capture) {
      this.capture.port.onmessage = null;
      this.microphone?.disconnect(this.capture);
    }
    this.player?.close();
    this.socket.close();
  }
}
