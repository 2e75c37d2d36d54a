// One's account: a password of one's own, signing out, and (for supervisors) links for walls at which nobody sits.

import { Refused, ask, items, toSignIn, why } from "./api.js";
import { find, h, say } from "./dom.js";
import { languageSwitch } from "./lang.js";
import { fullDate, lang, moment, ms, t } from "./text.js";

// Why it was refused: the centre's own sentence in the reader's language, where it has one.
function sentence(error) {
  if (error instanceof Refused && error.status === 401) toSignIn();
  if (error instanceof Refused && error.status === 429) return t("door.slow");
  const [key, values] = why(error);
  const told = (error instanceof Refused && (lang === "vi" ? error.title : error.message)) || t(key, values);
  return `${told[0].toUpperCase()}${told.slice(1)}.`;
}

function tell(id, text, wrong = false) {
  find(id).classList.toggle("wrong", wrong);
  say(find(id), text);
}

// A form that waits for its answer is not sent twice; its button keeps the focus.
function onSubmit(id, send) {
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

async function choosePassword() {
  const [current, chosen] = [find("current"), find("new")];
  const empty = [current, chosen].find((input) => !input.value);
  if (empty) {
    empty.focus();
    return tell("password-said", t("account.empty"), true);
  }
  await ask("/api/v1/account/password", { method: "POST", body: { current: current.value, new: chosen.value } });
  find("password").reset();
  seePasswords();
  find("given").hidden = true;
  return tell("password-said", t("account.saved"));
}

function seePasswords() {
  for (const id of ["current", "new"]) find(id).type = find("see").checked ? "text" : "password";
}

async function makeWall() {
  const name = find("wall-name").value.trim();
  if (!name) return find("wall-name").focus();
  const made = await ask("/api/v1/tokens", { method: "POST", body: { name, kind: "wall" } });
  find("wall").reset();
  say(find("made-title"), t("account.made", { name }));
  find("link").value = location.origin + made.path;
  find("made").hidden = false;
  find("link").focus();
  find("link").select();
  return showTokens();
}

// Without HTTPS browsers keep the clipboard from pages; what is selected can be copied all the same.
async function copy() {
  find("link").select();
  try {
    await navigator.clipboard.writeText(find("link").value);
  } catch {
    document.execCommand("copy");
  }
  tell("wall-said", t("account.copied"));
}

async function showTokens() {
  const tokens = items(await ask("/api/v1/tokens"));
  find("tokens").hidden = !tokens.length && find("walls").hidden;
  find("token-list").replaceChildren(...(tokens.length ? tokens.map(row) : [h("li", { class: "muted" }, t("account.none"))]));
}

function row(token) {
  const facts = [t(`account.kind_${token.kind}`), t("account.by", { name: token.owner, time: fullDate(ms(token.created_at)) }),
    token.used_at ? t("account.used", { time: moment(ms(token.used_at)) }) : t("account.unused"),
    token.expires ? t("account.expires", { time: fullDate(ms(token.expires)) }) : null].filter(Boolean).join(" · ");
  const button = h("button", { "aria-label": t("account.revoke_of", { name: token.name }) }, t("account.revoke"));
  const calm = () => {
    delete button.dataset.sure;
    button.setAttribute("aria-label", t("account.revoke_of", { name: token.name }));
    say(button, t("account.revoke"));
  };
  button.addEventListener("blur", calm);
  button.addEventListener("click", () => {
    if (button.dataset.sure) return revoke(token);
    button.dataset.sure = "true"; // a wall would go dark: once more, please
    button.setAttribute("aria-label", t("account.sure_of", { name: token.name }));
    return say(button, t("account.sure"));
  });
  return h("li", {}, h("strong", {}, token.name), h("small", { class: "muted" }, facts), button);
}

async function revoke(token) {
  try {
    await ask(`/api/v1/tokens/${token.id}`, { method: "DELETE" });
    if (find("link").value) find("made").hidden = true; // perhaps the very link that was revoked
    await showTokens();
    find("tokens-title").focus();
    tell("token-said", t("account.revoked", { name: token.name }));
  } catch (error) {
    tell("token-said", sentence(error), true);
  }
}

async function leave() {
  try {
    await ask("/api/v1/session", { method: "DELETE" });
    location.assign("/sign-in");
  } catch (error) {
    problem(error);
  }
}

function problem(error) {
  say(find("problem"), sentence(error));
  find("problem").hidden = false;
}

async function show() {
  try {
    const session = await ask("/api/v1/session");
    find("screen").hidden = session.in_person;
    if (!session.in_person) return;
    say(find("name"), session.name);
    say(find("role"), t(`role.${session.role}`));
    find("username").value = session.name;
    find("given").hidden = !session.must_change;
    find("walls").hidden = !["supervisor", "admin"].includes(session.role);
    await showTokens();
    find("mine").hidden = false;
    document.body.dataset.shown = "true";
  } catch (error) {
    problem(error);
  }
}

languageSwitch();
onSubmit("password", choosePassword);
onSubmit("wall", makeWall);
find("see").addEventListener("change", seePasswords);
find("copy").addEventListener("click", copy);
find("leave").addEventListener("click", leave);
show();
