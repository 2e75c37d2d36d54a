// What a desk of alerts hears of the live stream: the devices' names, and word when alerts change.

import { Stream } from "./stream.js";

const SOON_MS = 400; // many steps of a storm ask once

// `named()`: the names are known; `changed()`: some alert is not as it was.
export function followAlerts(picture, { named, changed }) {
  let soon = null;
  new Stream("/ws/live", ["devices", "alerts"], {
    frame(frame) {
      picture.fold(frame);
      document.body.dataset.seq = frame.seq;
      if (frame.type === "snapshot") named();
      if (frame.type !== "snapshot" && !frame.layers.alerts) return;
      clearTimeout(soon);
      soon = setTimeout(changed, SOON_MS);
    },
    figures() {}, beat() {}, closed() {},
    link: (link) => { document.body.dataset.link = link; },
  });
}
