// Requests to the server: its key, and its errors in words.

import { byId } from "./dom.js";

const STORED = "vivavoce.key";

/** What the server, or the way to it, refused. `status` is 0 when it was not reached.
 *
 * declined: the user was asked for a key already, and gave none.
 */
export class ServiceError extends Error {
  declined = false;

  constructor(message, { status = 0, code = null, retryAfter = null } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The API key of this tab, or "". */
export function apiKey() {
  return sessionStorage.getItem(STORED) ?? "";
}

/** Where the server's WebSocket of this path is; relative to the page, as all addresses are. */
export function socketUrl(path) {
  const url = new URL(path, document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

/** What a browser can send a key by on a WebSocket. */
export function subprotocols() {
  const key = apiKey();
  return key ? ["vivavoce", `openai-insecure-api-key.${key}`] : ["vivavoce"];
}

/** A successful answer. Asks for a key and tries again when the server wants one.
 *
 * options: as `fetch` has them; `accept` lists further statuses to return, `unasked` leaves it to
 * the caller to ask for a key. Raises ServiceError, and AbortError when `signal` says so.
 */
export async function ask(path, options = {}) {
  for (;;) {
    const answer = await send(path, options);
    if (answer.ok || options.accept?.includes(answer.status)) return answer;
    const error = await problem(answer);
    if (answer.status !== 401 || options.unasked) throw error;
    if (!(await askForKey(apiKey() !== ""))) throw Object.assign(error, { declined: true });
  }
}

async function send(path, { accept, unasked, headers, ...options }) {
  const key = apiKey();
  const all = key ? { ...headers, Authorization: `Bearer ${key}` } : headers;
  try {
    return await fetch(path, { ...options, headers: all });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError("The server does not respond. Check that it is running.");
  }
}

async function problem(answer) {
  let told = {};
  try {
    told = (await answer.json()).error ?? {};
  } catch {
    // what it says is no JSON: the status must do
  }
  const retryAfter = Number(answer.headers.get("Retry-After")) || null;
  const message = told.message ?? `The server returned ${answer.status} ${answer.statusText}`;
  return new ServiceError(message, { status: answer.status, code: told.code ?? null, retryAfter });
}

let asking = null;

/** Whether the user gave another key. wrong: the one before was refused. */
export function askForKey(wrong) {
  asking ??= new Promise((decided) => {
    const [dialog, field] = [byId("key-dialog"), byId("key")];
    byId("key-about").textContent = wrong
      ? "The server rejected this key. The key is kept until you close this tab."
      : "The key is kept until you close this tab.";
    field.value = "";
    dialog.returnValue = "";
    dialog.addEventListener(
      "close",
      () => {
        asking = null;
        const given = dialog.returnValue === "use" && field.value.trim() !== "";
        if (given) sessionStorage.setItem(STORED, field.value.trim());
        decided(given);
      },
      { once: true },
    );
    dialog.showModal();
  });
  return asking;
}
