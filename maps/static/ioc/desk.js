// What every desk does alike: the language switch, who looks, asking again while somebody looks, and saying what failed.

import { Refused, ask, toSignIn, why } from "./api.js";
import { find, say } from "./dom.js";
import { languageSwitch } from "./lang.js";
import { lang, t } from "./text.js";
import { showWho } from "./who.js";

const AGAIN_MS = 15000;
const MAY = { operator: ["operator", "supervisor", "admin"], supervisor: ["supervisor", "admin"] };

// `show` asks and draws; it is called at once, every `every` ms while somebody looks, and by the function given back.
// `knows(session)` is told who looks.
export function openDesk(show, { every = AGAIN_MS, knows = () => {} } = {}) {
  const again = async () => {
    try {
      await show();
      if (!find("problem").dataset.refused) find("problem").hidden = true;
      document.body.dataset.shown = "true";
    } catch (error) {
      failed(error);
    }
  };
  languageSwitch();
  learnWhoLooks(knows);
  if (every) setInterval(() => document.hidden || again(), every);
  document.fonts.ready.then(again);
  return again;
}

export function failed(error, key = "device.failed") {
  if (error instanceof Refused && error.status === 401) return toSignIn();
  if (!(error instanceof Refused)) console.warn(error);
  const [reason, values] = why(error);
  delete find("problem").dataset.refused;
  find("problem").hidden = false;
  const missing = error instanceof Refused && error.status === 404 && error.title; // says by itself what there is not
  return say(find("problem"), missing || t(key, { why: error.title || t(reason, values) }));
}

// A refusal in the reader's language.
export function reasonOf(error) {
  const [key, values] = why(error);
  return error instanceof Refused && error.title ? (lang === "en" ? error.message : error.title) : t(key, values);
}

// A deed was refused: that stays in sight, though asking again goes well, until the next one is done.
export function refused(error, key) {
  find("problem").dataset.refused = "true";
  find("problem").hidden = false;
  say(find("problem"), t(key, { why: reasonOf(error) }));
}

export function did(words) {
  delete find("problem").dataset.refused;
  find("problem").hidden = true;
  say(find("announce"), words);
}

export const may = (session, role) => MAY[role].includes(session?.role);

async function learnWhoLooks(knows) {
  try {
    const session = await ask("/api/v1/session");
    showWho(session);
    knows(session);
  } catch {
    say(find("who"), ""); // nobody any more: the next question leads to the way in
  }
}

// Names of areas by slug, once; a slug without a name stands for itself.
export async function areaNames() {
  try {
    const { features } = await ask("/api/v1/areas.geojson");
    return new Map(features.map(({ properties }) => [properties.slug, properties.name]));
  } catch {
    return new Map();
  }
}

// What is filled in of a form, as a query.
export const filledIn = (form) => new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));

// The fields of a form and the address of the page say the same, so that a view can be sent to a colleague.
export function keepInAddress(form, changed) {
  const wanted = new URLSearchParams(location.search);
  for (const field of form.elements) if (field.name && wanted.has(field.name)) field.value = wanted.get(field.name);
  const keep = () => {
    const query = filledIn(form);
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    changed();
  };
  form.addEventListener("change", keep);
  form.addEventListener("submit", (event) => { event.preventDefault(); keep(); });
}
