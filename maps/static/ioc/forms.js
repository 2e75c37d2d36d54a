// Forms of an account: sent once, refused in the reader's language, sure before what cannot be taken back.

import { Refused, toSignIn, why } from "./api.js";
import { find, h, say } from "./dom.js";
import { lang, t } from "./text.js";

// Why it was refused: the centre's own sentence in the reader's language, where it has one.
export function sentence(error) {
  if (error instanceof Refused && error.status === 401) toSignIn();
  if (error instanceof Refused && error.status === 429) return t("door.slow");
  const [key, values] = why(error);
  const told = (error instanceof Refused && (lang === "vi" ? error.title : error.message)) || t(key, values);
  return `${told[0].toUpperCase()}${told.slice(1)}.`;
}

export function tell(id, text, wrong = false) {
  find(id).classList.toggle("wrong", wrong);
  say(find(id), text);
}

// A form that waits for its answer is not sent twice; its button keeps the focus.
export function onSubmit(id, send) {
  const button = find(id).querySelector("[type=submit]");
  find(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    tell(`${id}-said`, "");
    try {
      await send();
    } catch (error) {
      tell(`${id}-said`, sentence(error), true);
    }
    button.removeAttribute("aria-disabled");
  });
}

// A button that asks before it does what cannot be taken back: the first press only asks, leaving it calms it.
export function sureButton(words, { of, sure, sureOf, act }) {
  const button = h("button", { "aria-label": of }, words);
  const calm = () => {
    delete button.dataset.sure;
    button.setAttribute("aria-label", of);
    say(button, words);
  };
  button.addEventListener("blur", calm);
  button.addEventListener("click", () => {
    if (button.dataset.sure) return act();
    button.dataset.sure = "true";
    button.setAttribute("aria-label", sureOf);
    return say(button, sure);
  });
  return button;
}
