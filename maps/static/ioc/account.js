// One's account: a password of one's own, signing out; for supervisors links for walls at which nobody sits, for admins all accounts.

import { Accounts } from "./accounts.js";
import { ask, items } from "./api.js";
import { find, h, say } from "./dom.js";
import { onSubmit, sentence, sureButton, tell } from "./forms.js";
import { languageSwitch } from "./lang.js";
import { fullDate, moment, ms, t } from "./text.js";

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
  const button = sureButton(t("account.revoke"), { // a wall would go dark: once more, please
    of: t("account.revoke_of", { name: token.name }), sure: t("account.sure"), sureOf: t("account.sure_of", { name: token.name }), act: () => revoke(token),
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
    if (session.role === "admin") await new Accounts(session.name).show();
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
