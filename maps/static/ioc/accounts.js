// Everybody who may sign in, for admins: adding people, their roles, locking, a new password; each deed is in the audit.

import { ask, items } from "./api.js";
import { find, h, say } from "./dom.js";
import { onSubmit, sentence, sureButton, tell } from "./forms.js";
import { fullDate, ms, t } from "./text.js";

const ROLES = ["viewer", "operator", "supervisor", "admin"];
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"; // none that look alike
const GROUPS = 4;
const LENGTH = 4;

// A first password that can be read out over a telephone: some 79 bits, and changed at the first sign-in.
export function firstPassword() {
  const letters = [];
  while (letters.length < GROUPS * LENGTH) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < LETTERS.length * Math.floor(256 / LETTERS.length)) letters.push(LETTERS[byte % LETTERS.length]);
  }
  return Array.from({ length: GROUPS }, (_, at) => letters.slice(at * LENGTH, (at + 1) * LENGTH).join("")).join("-");
}

export class Accounts {
  constructor(me) {
    this.me = me;
    onSubmit("person", () => this._add());
    find("accounts").hidden = false;
  }

  async show() {
    const accounts = items(await ask("/api/v1/accounts"));
    find("account-list").replaceChildren(...accounts.map((account) => this._row(account)));
  }

  _row(account) {
    const { name, role, enabled } = account;
    const facts = [t("accounts.since", { date: fullDate(ms(account.created_at)) }), enabled ? null : t("accounts.locked"),
      account.must_change ? t("accounts.must_change") : null].filter(Boolean).join(" · ");
    const roles = h("select", { "aria-label": t("accounts.role_of", { name }) }, ...ROLES.map((each) => h("option", { value: each, selected: each === role }, t(`role.${each}`))));
    roles.addEventListener("change", () => this._change(account, { role: roles.value }, t("accounts.role_now", { name, role: t(`role.${roles.value}`) })));
    const mine = name === this.me;
    const lock = enabled
      ? sureButton(t("accounts.lock"), { of: t("accounts.lock_of", { name }), sure: t("accounts.lock_sure"), sureOf: t("accounts.lock_sure_of", { name }),
        act: () => this._change(account, { enabled: false }, t("accounts.locked_now", { name })) })
      : h("button", { "aria-label": t("accounts.open_of", { name }), onclick: () => this._change(account, { enabled: true }, t("accounts.opened_now", { name })) }, t("accounts.open"));
    const renew = sureButton(t("accounts.renew"), { of: t("accounts.renew_of", { name }), sure: t("accounts.renew_sure"), sureOf: t("accounts.renew_sure_of", { name }), act: () => this._renew(account) });
    return h("li", { class: enabled ? "" : "locked" }, h("strong", {}, name), h("small", { class: "muted" }, facts),
      h("span", { class: "deeds" }, roles, mine ? null : lock, mine ? null : renew));
  }

  async _add() {
    const name = find("person-name").value.trim().toLowerCase();
    if (!name) return find("person-name").focus();
    const password = firstPassword();
    await ask("/api/v1/accounts", { method: "POST", body: { name, role: find("person-role").value, password } });
    find("person").reset();
    await this.show();
    return this._tellPassword(name, password);
  }

  async _renew(account) {
    const password = firstPassword();
    if (await this._change(account, { password }, t("accounts.renewed", { name: account.name }))) this._tellPassword(account.name, password);
  }

  async _change({ name }, body, done) {
    try {
      await ask(`/api/v1/accounts/${encodeURIComponent(name)}`, { method: "PATCH", body });
      tell("person-said", done);
      return true;
    } catch (error) {
      tell("person-said", sentence(error), true);
      return false;
    } finally {
      await this.show();
      find("accounts-title").focus();
    }
  }

  // Told this once: the server keeps only what cannot be read back.
  _tellPassword(name, password) {
    say(find("first-title"), t("accounts.first", { name }));
    find("first-password").value = password;
    find("first").hidden = false;
    find("first-password").focus();
    find("first-password").select();
  }
}
