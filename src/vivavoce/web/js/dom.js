// Elements, made and found. Styles are set by classes alone: the page's CSP allows no others.

const SVG = "http://www.w3.org/2000/svg";

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** A new element. `attributes`: false and null leave one out, true writes it without a value. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** A new SVG element. */
export function makeSvg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** A table's content: a header row, then rows; numbers are set to the right. */
export function tableOf(caption, heads, rows) {
  const cell = (value) =>
    make("td", { class: typeof value === "number" ? "number" : null }, value == null ? "–" : String(value));
  return [
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell)))),
  ];
}

let announced = 0;

/** Tell screen readers, once; the same words twice are told twice. */
export function announce(words) {
  announced += 1;
  byId("announcer").textContent = announced % 2 ? words : `${words}\u00a0`;
}

/** Show what went wrong, and what can be done: `act` is `{label, run}`. */
export function notify(words, act = null) {
  const button = byId("notice-act");
  byId("notice-text").textContent = words;
  byId("notice").hidden = false;
  button.hidden = act === null;
  button.textContent = act?.label ?? "";
  button.onclick = () => {
    dismiss();
    act.run();
  };
}

/** Take the message away. */
export function dismiss() {
  byId("notice").hidden = true;
  byId("notice-text").textContent = "";
}

/** Have the browser save data as a file. */
export function save(name, blob) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
