// The conversation's list: a line an entry, changed in place, so that screen readers keep theirs.

import { byId, make } from "./dom.js";
import { lit } from "./view.js";

const NEAR_END_PX = 60;
const ENDINGS = { interrupted: "interrupted", failed: "failed", lost: "connection lost" };

/** Shows a view's entries. */
export class Conversation {
  constructor() {
    this.list = byId("entries");
    this.shown = new Map();
  }

  show(entries) {
    const { list } = this;
    const following = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END_PX;
    const kept = new Set(entries.map((entry) => entry.key));
    for (const [key, { item }] of this.shown) {
      if (kept.has(key)) continue;
      item.remove();
      this.shown.delete(key);
    }
    for (const entry of entries) this.place(entry);
    byId("no-entries").hidden = entries.length > 0;
    if (following) list.scrollTop = list.scrollHeight;
  }

  place(entry) {
    const before = this.shown.get(entry.key);
    if (before?.entry === entry) return;
    const item = before?.item ?? make("li", {});
    item.className = entry.failed ? `${entry.kind} failed` : entry.kind;
    item.replaceChildren(...WAYS[entry.kind](entry).filter((part) => part !== null));
    if (!before) this.list.append(item);
    this.shown.set(entry.key, { item, entry });
  }
}

const WAYS = {
  user: ({ sure, unsure }) => [
    who("You"),
    make("span", { class: "said" }, sure, sure && unsure ? " " : "",
      unsure ? make("span", { class: "unsure" }, unsure) : null),
  ],
  reply(entry) {
    const words = lit(entry);
    const restIs = entry.why && entry.why !== "done" ? "unheard" : "ahead";
    const said = make("span", { class: "said" },
      make("span", { class: "lit" }, words.lit),
      words.latest ? make("span", { class: "lit latest" }, words.latest) : null,
      words.rest ? make(restIs === "unheard" ? "s" : "span", { class: restIs }, words.rest) : null);
    return [who("Vivavoce"), said, aside(entry)];
  },
  tool: (entry) => [
    who("Tool"),
    make("span", { class: "said" }, `${entry.name}(${entry.given})`, entry.result === null ? " …" : ` → ${entry.result}`),
  ],
  note: (entry) => [who("Note"), make("span", { class: "said" }, entry.text)],
};

function who(name) {
  return make("span", { class: "who" }, name);
}

function aside(entry) {
  const facts = [];
  if (entry.times?.playout != null) facts.push(`${Math.round(entry.times.playout * 1000)} ms`);
  if (ENDINGS[entry.why]) facts.push(ENDINGS[entry.why]);
  return facts.length ? make("span", { class: "aside" }, facts.join(" · ")) : null;
}
