// What a session's events amount to: who said what, what happens now, how long it took. Pure.
//
// The events are the core's (`events.py`), whichever transport brought them. A view is
//   line      off | connecting | open | reconnecting: whether there is a session at all
//   entries   what the conversation page lists, oldest first; each has a `key` that stays
//   turns     the latency of each answered turn: {key, turn, times}
// Turns are counted from anew in every session, so keys begin with the session's number.

const ENTRIES = 300;
const TURNS = 200;

/** A view before anything happened. */
export function emptyView() {
  return { line: "off", session: 0, entries: [], turns: [], ...quiet() };
}

/** A new session has begun; what was said before stays. */
export function opened(view) {
  return { ...view, ...quiet(), line: "open", session: view.session + 1 };
}

/** The session is over, for now or for good: nothing of it goes on. */
export function closed(view, line, words = null) {
  const entries = view.entries
    .filter((entry) => entry.kind !== "user" || entry.final)
    .map((entry) => (entry.kind === "reply" && !entry.why ? { ...entry, why: "lost" } : entry));
  const over = { ...view, ...quiet(), line, entries };
  return words ? noted(over, words) : over;
}

/** The view with a remark. */
export function noted(view, words, failed = false) {
  const key = `note-${view.session}-${view.notes}`;
  return put({ ...view, notes: view.notes + 1 }, { key, kind: "note", text: words, failed });
}

function quiet() {
  return { hearing: false, awaiting: false, reply: null, voiced: false, paused: false, notes: 0 };
}

/** What happens now, in one word: the user's or the reply's turn, or the line's trouble. */
export function phaseOf(view) {
  if (view.line !== "open") return view.line;
  if (view.paused) return "paused";
  if (view.reply !== null) {
    if (view.voiced) return "speaking";
    return view.hearing ? "hearing" : "thinking";
  }
  if (view.hearing) return "hearing";
  return view.awaiting ? "thinking" : "listening";
}

/** The view after an event. An event that it does not know changes nothing. */
export function take(view, event) {
  return TAKES[event.event]?.(view, event) ?? view;
}

const TAKES = {
  SpeechStarted: (view) => ({ ...view, hearing: true, awaiting: false }),
  SpeechStopped: (view) => ({ ...view, hearing: false, awaiting: true }),
  Heard(view, { turn, transcript, final }) {
    const words = transcript.text.split(" ");
    const stable = final ? words.length : Math.min(transcript.stable, words.length);
    return put(view, {
      key: keyOf(view, "user", turn),
      kind: "user",
      text: transcript.text,
      sure: words.slice(0, stable).join(" "),
      unsure: words.slice(stable).join(" "),
      final,
    });
  },
  TurnDropped(view, { turn }) {
    const key = keyOf(view, "user", turn);
    const entries = view.entries.filter((entry) => entry.key !== key || entry.final);
    return { ...view, entries, hearing: false, awaiting: false };
  },
  ReplyStarted(view, { turn, draft }) {
    const key = keyOf(view, "reply", turn);
    const begun = { ...view, reply: key, awaiting: false, voiced: false, paused: false };
    return put(begun, { key, kind: "reply", written: "", heard: "", latest: "", draft, why: null });
  },
  Wrote: (view, { turn, text }) => ({
    ...changed(view, keyOf(view, "reply", turn), (entry) => ({ written: entry.written + text })),
    voiced: true,
  }),
  Spoke: (view, { turn, text }) => ({
    ...changed(view, keyOf(view, "reply", turn), (entry) => ({
      heard: entry.heard + text,
      latest: text,
    })),
    voiced: true,
  }),
  Paused: (view) => ({ ...view, paused: true }),
  Resumed: (view) => ({ ...view, paused: false }),
  ToolCalled(view, { turn, call }) {
    const key = `tool-${view.session}-${turn}-${call.id}`;
    return put(view, { key, kind: "tool", name: call.name, given: call.arguments, result: null });
  },
  ToolReturned: (view, { turn, call, result, failed }) =>
    changed(view, `tool-${view.session}-${turn}-${call.id}`, () => ({ result, failed })),
  ReplyEnded(view, { turn, heard, why, times }) {
    const key = keyOf(view, "reply", turn);
    const turns = times?.playout == null ? view.turns : [...view.turns, { key, turn, times }];
    return {
      ...changed(view, key, () => ({ heard, latest: "", why, times })),
      turns: turns.slice(-TURNS),
      reply: view.reply === key ? null : view.reply,
      voiced: false,
      paused: false,
    };
  },
  Failed: (view, { kind, engine, message, remedy }) =>
    noted(view, `${kind} ${engine} failed: ${message}${remedy ? ` (${remedy})` : ""}`, true),
};

function keyOf(view, kind, turn) {
  return `${kind}-${view.session}-${turn}`;
}

/** The view with the entry in its old place, or at the end. */
function put(view, entry) {
  const place = view.entries.findIndex((other) => other.key === entry.key);
  const entries = view.entries.slice();
  if (place < 0) entries.push(entry);
  else entries[place] = { ...entries[place], ...entry };
  return { ...view, entries: entries.slice(-ENTRIES) };
}

function changed(view, key, change) {
  const entry = view.entries.find((other) => other.key === key);
  return entry ? put(view, { ...entry, ...change(entry) }) : view;
}

/** A reply's text in three: heard, being heard just now, and not heard (yet).
 *
 * What is written has the writer's spaces and line ends, what is heard may have others; they are
 * matched letter by letter. Where they differ, what was heard stands as it is.
 */
export function lit(entry) {
  const place = after(entry.written, entry.heard);
  if (place < 0) return { lit: entry.heard, latest: "", rest: "" };
  const before = after(entry.written, entry.heard.slice(0, entry.heard.length - entry.latest.length));
  const from = entry.latest && before >= 0 ? before : place;
  const latest = entry.written.slice(from, place).trimStart();
  return {
    lit: entry.written.slice(0, place - latest.length),
    latest,
    rest: entry.written.slice(place),
  };
}

/** How far into `text` the letters of `part` reach; -1 where they are not its beginning. */
function after(text, part) {
  let place = 0;
  for (const letter of part) {
    if (isSpace(letter)) continue;
    while (place < text.length && isSpace(text[place])) place += 1;
    if (!text.startsWith(letter, place)) return -1;
    place += letter.length;
  }
  return place;
}

function isSpace(letter) {
  return /\s/.test(letter);
}

/** A turn's stages as stretches of time, in seconds from the end of the user's speech.
 *
 * Each begins when what it waits for was there; what was done before the speech ended counts 0.
 */
export function stages(times) {
  const at = (value) => (value == null ? null : Math.max(value, 0));
  const [stt, token, phrase, audio, over, out] = [
    times.stt, times.first_token, times.first_phrase, times.first_audio, times.turn_over, times.playout,
  ].map(at);
  const waited = Math.max(audio ?? 0, over ?? 0);
  return [
    { name: "Transcript", kind: "stt", from: 0, to: stt },
    { name: "First word", kind: "llm", from: stt ?? 0, to: token },
    { name: "First phrase", kind: "llm", from: token ?? stt ?? 0, to: phrase },
    { name: "Voice", kind: "tts", from: phrase ?? 0, to: audio },
    { name: "Turn over", kind: "turn", from: 0, to: over },
    { name: "Playout", kind: "out", from: waited, to: out },
  ].filter((stage) => stage.to !== null).map((stage) => ({ ...stage, from: Math.min(stage.from, stage.to) }));
}

/** The value below which half of the values lie; null of none. */
export function median(values) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
