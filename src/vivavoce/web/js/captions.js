// A transcript as files: text, SRT, VTT, JSON. Pure; the cues follow the server's own rules.

const LINE = 42;
const LONGEST_S = 7;
const PAUSE_S = 0.8;

/** The file's content. transcript: as `POST /stt/transcribe` answers; each segment with words. */
export function exported(transcript, form) {
  if (form === "json") return `${JSON.stringify(transcript, null, 2)}\n`;
  if (form === "txt") return transcript.segments.map((segment) => `${segment.text}\n`).join("");
  const cues = cuesOf(transcript.segments);
  if (form === "vtt") {
    return `WEBVTT\n\n${cues.map((cue) => `${clock(cue.start, ".")} --> ${clock(cue.end, ".")}\n${safe(cue.text)}\n\n`).join("")}`;
  }
  return cues.map((cue, place) => `${place + 1}\n${clock(cue.start, ",")} --> ${clock(cue.end, ",")}\n${cue.text}\n\n`).join("");
}

/** What is shown at once: at most two lines and LONGEST_S, broken at sentences and silences. */
export function cuesOf(segments) {
  const cues = [];
  for (const segment of segments) {
    let cue = null;
    for (const word of segment.words) {
      const full = cue && (cue.text.length + word.text.length + 1 > 2 * LINE || word.end - cue.start > LONGEST_S);
      if (!cue || full || word.start - cue.end > PAUSE_S || /[.!?…。！？]["'”’»)]*$/.test(cue.text)) {
        cues.push((cue = { start: word.start, end: word.end, text: word.text }));
      } else {
        cue.text += ` ${word.text}`;
        cue.end = word.end;
      }
    }
  }
  return cues.map((cue) => ({ ...cue, text: inLines(cue.text) }));
}

/** `1:02:03` or `2:03`, for people. */
export function shortClock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

function inLines(text) {
  if (text.length <= LINE) return text;
  const middle = text.length / 2;
  const spaces = [...text.matchAll(/ /g)].map((match) => match.index);
  if (!spaces.length) return text;
  const cut = spaces.reduce((best, at) => (Math.abs(at - middle) < Math.abs(best - middle) ? at : best));
  return `${text.slice(0, cut)}\n${text.slice(cut + 1)}`;
}

function clock(seconds, mark) {
  const all = Math.round(seconds * 1000);
  const parts = [Math.floor(all / 3_600_000), Math.floor(all / 60_000) % 60, Math.floor(all / 1000) % 60];
  return `${parts.map((part) => String(part).padStart(2, "0")).join(":")}${mark}${String(all % 1000).padStart(3, "0")}`;
}

function safe(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
