// Plays what it is sent: Float32Array of samples at the context's rate; "clear" drops what waits,
// "end" asks to be told "ended" when all has been played.

const LONGEST_S = 600;

class Playout extends AudioWorkletProcessor {
  constructor() {
    super();
    this.drop();
    this.port.onmessage = ({ data }) => {
      if (data === "clear") this.drop();
      else if (data === "end") this.ending = true;
      else if (this.waiting < LONGEST_S * sampleRate) {
        this.chunks.push(data);
        this.waiting += data.length;
      }
    };
  }

  drop() {
    this.chunks = [];
    this.place = 0;
    this.waiting = 0;
    this.ending = false;
  }

  process(_, [output]) {
    const channel = output[0];
    let filled = 0;
    while (filled < channel.length && this.chunks.length) {
      const chunk = this.chunks[0];
      const count = Math.min(chunk.length - this.place, channel.length - filled);
      channel.set(chunk.subarray(this.place, this.place + count), filled);
      filled += count;
      this.place += count;
      if (this.place === chunk.length) {
        this.chunks.shift();
        this.place = 0;
      }
    }
    this.waiting -= filled;
    if (this.ending && !this.chunks.length) {
      this.ending = false;
      this.port.postMessage("ended");
    }
    return true;
  }
}

registerProcessor("playout", Playout);
