// Whom work may be given to: oneself, and those in the book of contacts who can sign in.

import { ask } from "./api.js";
import { t } from "./text.js";

// [{account, display}], oneself first; without a book one can still take it oneself.
export async function bookOf(me) {
  const { contacts } = await ask("/api/v1/people/contacts").catch(() => ({ contacts: [] }));
  return [{ account: me, display: t("alerts.assign_me", { name: me }) }, ...contacts.filter(({ account }) => account !== me)];
}
