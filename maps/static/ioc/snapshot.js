// A camera's newest picture, asked for only when somebody wants to see it, and not kept.

import { ask, deviceUrl, items, why } from "./api.js";
import { h, say } from "./dom.js";
import { clockTime, t } from "./text.js";

let pictured = null; // addresses that have pictures, asked once

export async function hasPicture(address) {
  pictured ??= ask("/api/v1/snapshots").then((answer) => new Set(items(answer))).catch(() => new Set());
  return (await pictured).has(address);
}

// A button that brings the picture, and brings it anew when pressed again.
export function pictureOf(address, name) {
  const box = h("figure", { class: "snapshot" });
  const said = h("figcaption", { role: "status" });
  const button = h("button", { "data-part": "picture", onclick: async () => {
    button.ariaDisabled = "true";
    try {
      const answer = await fetch(`${deviceUrl(address)}/snapshot`, { headers: { "X-Requested-With": "ioc" }, credentials: "same-origin" });
      if (!answer.ok) throw new Error((await answer.json()).title);
      const data = await readAs(await answer.blob());
      box.querySelector("img")?.remove();
      box.prepend(h("img", { src: data, alt: t("snapshot.of", { name }) }));
      say(said, t("snapshot.at", { time: clockTime(Number(answer.headers.get("X-Taken-At"))) }));
    } catch (error) {
      say(said, error.message || t(...why(error)));
    }
    button.ariaDisabled = "false";
  } }, t("snapshot.show"));
  box.append(said, button);
  return box;
}

const readAs = (blob) => new Promise((done, failed) => {
  const reader = new FileReader();
  Object.assign(reader, { onload: () => done(reader.result), onerror: failed }); // a data: address, as our policy allows
  reader.readAsDataURL(blob);
});
