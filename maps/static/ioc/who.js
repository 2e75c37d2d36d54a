// Who looks: a person's name leads to their account, and who has no password of their own is asked for one.
// A wall has neither.

import { find, say } from "./dom.js";
import { t } from "./text.js";

export function showWho(session) {
  const who = find("who");
  say(who, session.name);
  if (session.in_person) {
    who.href = "/account";
    who.setAttribute("aria-label", t("account.of", { name: session.name }));
  }
  find("ask").hidden = !(session.in_person && session.must_change);
}
