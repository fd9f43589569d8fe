// The page: its four sections, one shown at a time, by the address's fragment.

import { byId, dismiss } from "./dom.js";
import { Speak } from "./speak.js";
import { Status } from "./status.js";
import { Talk } from "./talk.js";
import { Transcribe } from "./transcribe.js";

const SECTIONS = ["talk", "transcribe", "speak", "status"];
const parts = { talk: new Talk(), transcribe: new Transcribe(), speak: new Speak(), status: new Status() };

function show({ moved }) {
  const name = location.hash.slice(1);
  const wanted = SECTIONS.includes(name) ? name : "talk";
  for (const section of SECTIONS) {
    const now = section === wanted;
    byId(section).hidden = !now;
    const link = document.querySelector(`nav a[href="#${section}"]`);
    if (now) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    parts[section][now ? "open" : "close"]?.();
  }
  const title = byId(`${wanted}-title`);
  document.title = `${title.textContent} – Vivavoce`;
  if (moved) title.focus();
}

byId("notice-close").onclick = dismiss;
addEventListener("hashchange", () => show({ moved: true }));
show({ moved: false });
