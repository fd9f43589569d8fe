// When each word was said, where the engine does not tell: letters spread over what is loud.

const STEP_S = 0.02;
const RATE = 8_000;
const LONGEST_S = 3600;
const QUIET = 0.12;
const WORD = 1.5;

/** How loud a recording is, a value each STEP_S; null where it is too long or cannot be decoded. */
export async function loudness(file, seconds) {
  if (seconds > LONGEST_S) return null;
  try {
    const decoder = new OfflineAudioContext(1, 1, RATE);
    const audio = await decoder.decodeAudioData(await file.arrayBuffer());
    return levels(audio.getChannelData(0));
  } catch {
    return null;
  }
}

function levels(samples) {
  const size = RATE * STEP_S;
  return Float32Array.from({ length: Math.ceil(samples.length / size) }, (_, place) => {
    const frame = samples.subarray(place * size, (place + 1) * size);
    return Math.sqrt(frame.reduce((sum, value) => sum + value * value, 0) / frame.length);
  });
}

/** The segment with estimated words; as it is where it has words of its own. Pure. */
export function withWords(segment, loud) {
  if (segment.words?.length) return segment;
  const texts = segment.text.split(/\s+/).filter(Boolean);
  const weights = texts.map((text) => text.length + WORD);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const at = spread(segment.start, segment.end, loud);
  let before = 0;
  const words = texts.map((text, place) => {
    const start = at(before / total, "start");
    before += weights[place];
    return { text, start, end: Math.max(at(before / total, "end"), start) };
  });
  return { ...segment, words, estimated: true };
}

/** A function from a share of the speech, 0 to 1, to the time when so much of it was said. */
function spread(start, end, loud) {
  const first = Math.floor(start / STEP_S);
  const frames = loud ? loud.slice(first, Math.ceil(end / STEP_S)) : [];
  const strong = [...frames].sort((a, b) => a - b)[Math.floor(frames.length * 0.9)] ?? 0;
  const voiced = [];
  frames.forEach((level, place) => level > strong * QUIET && voiced.push((first + place) * STEP_S));
  if (voiced.length < 5) return (share) => start + share * (end - start);
  return (share, edge) => {
    const place = share * voiced.length;
    const found = voiced[Math.min(edge === "end" ? Math.ceil(place) - 1 : Math.floor(place), voiced.length - 1)];
    return Math.min(Math.max(found + (edge === "end" ? STEP_S : 0), start), end);
  };
}
