// Both voices' loudness over the last seconds, as two staves: yours above, the reply's below.

const SECONDS = 12;
const STEP_MS = 60;
const CALM_STEP_MS = 480;
const NARROWEST_PX = 4;

/** Draws on a canvas while it runs. levels: () => [yours, the reply's], each 0 to 1. */
export class Score {
  constructor(canvas, levels) {
    Object.assign(this, { canvas, levels });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
    this.steps = [];
  }

  start() {
    this.stop();
    const step = this.calm.matches ? CALM_STEP_MS : STEP_MS;
    this.count = Math.round((SECONDS * 1000) / step);
    this.timer = setInterval(() => {
      this.steps.push(this.levels());
      this.steps.splice(0, this.steps.length - this.count);
      if (!document.hidden) this.draw();
    }, step);
  }

  stop() {
    clearInterval(this.timer);
  }

  draw() {
    const { canvas } = this;
    const scale = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const colour = (name) => getComputedStyle(canvas).getPropertyValue(name);
    const middle = height / 2;
    pen.fillStyle = colour("--line");
    pen.fillRect(0, middle - 0.5, width, 1);
    const all = this.count ?? SECONDS * (1000 / STEP_MS);
    const count = Math.min(all, Math.floor(width / NARROWEST_PX));
    const steps = this.steps.slice(-count);
    const pitch = width / count;
    const bar = Math.max(1, pitch - 2);
    const first = count - steps.length;
    for (const [row, name] of [[0, "--you"], [1, "--reply"]]) {
      pen.fillStyle = colour(name);
      pen.beginPath();
      steps.forEach((step, place) => {
        const tall = Math.max(step[row] * (middle - 8), step[row] > 0.02 ? 1.5 : 0);
        const top = row ? middle + 3 : middle - 3 - tall;
        if (tall) pen.roundRect((first + place) * pitch + 1, top, bar, tall, Math.min(bar / 2, 3));
      });
      pen.fill();
    }
  }
}
