// Keeps a session with the server: chooses how, and comes back after the connection was lost.

import { askForKey, apiKey, ServiceError } from "./service.js";
import { SocketLine } from "./socket_line.js";
import { WebRtcLine } from "./webrtc_line.js";

const FIRST_MS = 500;
const LONGEST_MS = 15_000;
const FINAL = new Set(["session_expired", "idle_timeout", "idle"]);

/** One conversation as the user sees it, over one session after another.
 *
 * tell(event): the core's events. change(state, detail): `connecting`, `open` with the transport's
 * name, `reconnecting` with {error, seconds}, `off` with the error that ended it, or null.
 */
export class Line {
  constructor({ sound, way, tell, change }) {
    Object.assign(this, { sound, way, tell, change });
    this.stopped = false;
    this.session = this.opening = null;
    this.wake = () => {};
    this.online = () => this.wake();
  }

  /** Have a session until `stop`, or until an error that trying again would not cure. */
  async run() {
    addEventListener("online", this.online);
    let failures = 0;
    let error = null;
    try {
      while (!this.stopped) {
        error = null;
        try {
          const ended = await this.connect(failures > 0);
          failures = 0;
          error = await ended();
          this.session = null;
        } catch (failure) {
          error = failure;
        }
        if (this.stopped || !(await this.mayRetry(error))) break;
        await this.pause(error, failures);
        failures += 1;
      }
    } finally {
      removeEventListener("online", this.online);
      this.change("off", this.stopped ? null : error);
    }
  }

  /** End it. */
  stop() {
    this.stopped = true;
    (this.session ?? this.opening)?.close();
    this.end?.(null);
    this.wake();
  }

  /** Open a session; resolves to a function that waits for what ends it. */
  async connect(again) {
    if (!again) this.change("connecting");
    const over = new Promise((ended) => (this.end = ended));
    const session = await this.open((error) => this.end(error));
    if (this.stopped) {
      session.close();
    } else {
      this.session = session;
      this.change("open", session.name);
    }
    return () => over;
  }

  async open(left) {
    const parts = { ...this.sound, tell: this.tell, left };
    const { stream } = this.sound;
    const able = "RTCPeerConnection" in window && stream !== null;
    if (this.way === "webrtc" && !able) {
      throw new ServiceError("WebRTC needs a microphone; choose WebSocket instead.", { code: "no_way" });
    }
    if (this.way === "websocket" || !able) return this.opened(new SocketLine(parts));
    try {
      return await this.opened(new WebRtcLine(parts));
    } catch (error) {
      const refused = error.status >= 400 && error.status < 500 && ![404, 405].includes(error.status);
      if (this.way === "webrtc" || refused) throw error;
      return this.opened(new SocketLine(parts));
    }
  }

  async opened(session) {
    if (this.stopped) throw new ServiceError("you ended the conversation");
    this.opening = session;
    await session.open();
    return session;
  }

  async mayRetry(error) {
    if (error.declined) return false;
    if (error.status === 401) return askForKey(apiKey() !== "");
    return !FINAL.has(error.code) && error.code !== "no_way" && ![400, 403].includes(error.status);
  }

  async pause(error, failures) {
    if (error.status === 401) return;
    const wait = Math.min(FIRST_MS * 2 ** failures, LONGEST_MS) * (0.8 + 0.4 * Math.random());
    const delay = Math.max(wait, (error.retryAfter ?? 0) * 1000);
    this.change("reconnecting", { error, seconds: Math.round(delay / 1000) });
    await new Promise((done) => {
      const timer = setTimeout(done, delay);
      this.wake = () => done(clearTimeout(timer));
    });
  }
}
