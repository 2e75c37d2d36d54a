// The way in: name and password to the API, then on to where one wanted to go (on this site only).

import { Refused, ask } from "./api.js";
import { find, say } from "./dom.js";
import { languageSwitch } from "./lang.js";
import { t } from "./text.js";

// `next` must be a path here: an address elsewhere would lend our door to a stranger.
export function onward(search) {
  const next = new URLSearchParams(search).get("next") ?? "/";
  try {
    const url = new URL(next, location.origin);
    const local = next.startsWith("/") && url.origin === location.origin;
    return local ? url.pathname + url.search + url.hash : "/";
  } catch {
    return "/";
  }
}

function problem(error) {
  if (!(error instanceof Refused)) return t("door.network");
  if (error.status === 401 || error.status === 403) return t("door.wrong");
  if (error.status === 429) return t("door.slow");
  return t("door.other", { status: error.status });
}

async function enter(event) {
  event.preventDefault();
  const name = find("name").value.trim();
  const password = find("password").value;
  if (!name || !password) return say(find("wrong"), t("door.empty"));
  find("enter").disabled = true;
  say(find("wrong"), "");
  try {
    await ask("/api/v1/session", { method: "POST", body: { name, password } });
    return location.assign(onward(location.search));
  } catch (error) {
    find("enter").disabled = false;
    find("password").select();
    return say(find("wrong"), problem(error));
  }
}

languageSwitch();
find("form").addEventListener("submit", enter);
