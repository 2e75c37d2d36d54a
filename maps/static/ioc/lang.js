// The language switch: remembered in a cookie, which the server reads when it makes the page.

import { find } from "./dom.js";
import { t } from "./text.js";

export function languageSwitch() {
  const button = find("lang");
  button.addEventListener("click", () => {
    document.cookie = `lang=${t("lang.code")}; path=/; max-age=31536000; samesite=lax`;
    const url = new URL(location.href);
    url.searchParams.delete("lang"); // an address with ?lang= would win over the cookie
    if (url.href === location.href) location.reload();
    else location.replace(url);
  });
}
