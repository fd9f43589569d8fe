// The browser's audio graph: capture, playout and the levels of both.

const WORKLETS = ["web/worklets/capture.js", "web/worklets/playout.js"];
const RATE = 24_000;

/** A context with the worklets loaded. It must be made while a click is handled.
 *
 * stream: that it is to take, or null. Not every browser takes one at a rate that is not its own.
 */
export async function openContext(stream = null) {
  let context = new AudioContext({ latencyHint: "interactive", sampleRate: RATE });
  if (stream && !sourceOf(context, stream)) {
    await context.close();
    context = new AudioContext({ latencyHint: "interactive" });
  }
  await context.resume();
  for (const path of WORKLETS) await context.audioWorklet.addModule(path);
  return context;
}

/** How loud a node is now, 0 to 1, on a scale as the ear has it. */
export class Level {
  constructor(context) {
    this.node = new AnalyserNode(context, { fftSize: 1024, smoothingTimeConstant: 0 });
    this.samples = new Float32Array(this.node.fftSize);
  }

  get now() {
    this.node.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const value of this.samples) sum += value * value;
    const db = 10 * Math.log10(sum / this.samples.length + 1e-9);
    return Math.max(0, Math.min(1, (db + 55) / 45));
  }
}

/** A node of a media stream, or null where the browser cannot take it at the context's rate. */
export function sourceOf(context, stream) {
  try {
    return new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  } catch {
    return null;
  }
}

/** PCM that arrives piece by piece, played without gaps. */
export class Player {
  constructor(context, ended = () => {}) {
    this.context = context;
    this.node = new AudioWorkletNode(context, "playout", { numberOfInputs: 0, outputChannelCount: [1] });
    this.node.port.onmessage = ended;
  }

  /** Play little-endian 16-bit samples at the context's rate after what waits. */
  play(bytes) {
    const pcm = new Int16Array(bytes);
    const samples = Float32Array.from(pcm, (value) => value / 32768);
    this.node.port.postMessage(samples, [samples.buffer]);
  }

  /** Drop what waits, at once. */
  clear() {
    this.node.port.postMessage("clear");
  }

  /** Nothing comes after this: be told when it has been played. */
  end() {
    this.node.port.postMessage("end");
  }

  close() {
    this.clear();
    this.node.disconnect();
  }
}
