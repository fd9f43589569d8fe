// A session over WebRTC: OpenAI's Realtime call, with the core's own events asked for beside.

import { ask, ServiceError } from "./service.js";
import { sourceOf } from "./sound.js";

const GATHER_MS = 1_000;
const OPEN_MS = 8_000;
const LOST_MS = 2_000;
const NOTHING_TO_STOP = "response_cancel_not_active";

/** An open session; the same to its owner as a SocketLine. */
export class WebRtcLine {
  name = "WebRTC";

  constructor({ context, stream, element, outputLevel, tell, left }) {
    Object.assign(this, { context, stream, element, outputLevel, tell, left });
    this.over = false;
    this.stands = false;
    this.written = 0;
    this.call = null;
  }

  /** Resolves when the call stands. Raises ServiceError. */
  async open() {
    const peer = (this.peer = new RTCPeerConnection());
    const [track] = this.stream.getAudioTracks();
    this.sender = peer.addTransceiver(track, { direction: "sendrecv", streams: [this.stream] }).sender;
    peer.ontrack = ({ streams: [stream] }) => this.play(stream);
    peer.onconnectionstatechange = () => this.watch();
    const channel = (this.channel = peer.createDataChannel("oai-events"));
    channel.onmessage = ({ data }) => this.receive(JSON.parse(data));
    channel.onclose = () => this.fail("The connection to the server was lost.");
    const opened = new Promise((done, failed) => {
      const late = setTimeout(() => failed(new ServiceError("WebRTC could not connect; choose WebSocket instead")), OPEN_MS);
      channel.onopen = () => done(clearTimeout(late));
      this.settle = failed;
    });
    opened.catch(() => {});
    try {
      await peer.setLocalDescription(await peer.createOffer());
      await gathered(peer);
      await this.dial(peer);
      await opened;
      this.stands = true;
    } catch (error) {
      this.over = true;
      this.release();
      throw error;
    }
  }

  async dial(peer) {
    const answer = await ask("v1/realtime/calls?vivavoce_events=1", {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: peer.localDescription.sdp,
      signal: AbortSignal.timeout(OPEN_MS),
      unasked: true,
    });
    this.call = answer.headers.get("Location");
    await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  }

  /** What the user wrote; the core tells nothing of it here, so the line does. */
  write(text) {
    this.written += 1;
    this.tell({ event: "Heard", turn: `written-${this.written}`, transcript: { text, stable: 0 }, final: true });
    const item = { type: "message", role: "user", content: [{ type: "input_text", text }] };
    this.ask({ type: "conversation.item.create", item });
    this.ask({ type: "response.create" });
  }

  interrupt() {
    this.ask({ type: "response.cancel" });
    this.ask({ type: "output_audio_buffer.clear" });
  }

  canHear(stream) {
    return stream !== null;
  }

  hear(_, stream) {
    this.stream = stream;
    this.sender.replaceTrack(stream?.getAudioTracks()[0] ?? null);
  }

  setOutput(device) {
    this.element.setSinkId?.(device);
  }

  close() {
    this.over = true;
    if (this.call) ask(`${this.call}/hangup`, { method: "POST", keepalive: true, unasked: true }).catch(() => {});
    this.release();
    this.settle(new ServiceError("you ended the conversation"));
  }

  play(stream) {
    this.element.srcObject = stream;
    this.element.play().catch(() => {});
    this.source = sourceOf(this.context, stream);
    this.source?.connect(this.outputLevel.node);
  }

  receive(event) {
    if (event.type === "vivavoce.event") this.tell(event.event);
    else if (event.type === "error" && event.error.code !== NOTHING_TO_STOP) this.tell({ event: "Error", ...event.error });
  }

  watch() {
    clearTimeout(this.losing);
    const state = this.peer.connectionState;
    const lost = () => this.fail("The connection to the server was lost.");
    if (state === "failed") lost();
    else if (state === "disconnected") this.losing = setTimeout(lost, LOST_MS);
  }

  ask(event) {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(event));
  }

  fail(message) {
    if (this.over) return;
    this.over = true;
    this.release();
    const error = new ServiceError(message);
    this.settle(error);
    if (this.stands) this.left(error);
  }

  release() {
    clearTimeout(this.losing);
    this.peer.onconnectionstatechange = null;
    this.source?.disconnect();
    this.peer.close();
    this.element.srcObject = null;
  }
}

function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((done) => {
    setTimeout(done, GATHER_MS);
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
  });
}
