// A wall that runs for months takes up a new version of the centre by itself: when a heartbeat tells of another build
// than this page is of, the page is loaded again, at most once a minute.

import { build } from "./text.js";

const APART_MS = 60_000;

export function newBuild(theirs) {
  if (!theirs || theirs === build) return;
  const last = Number(sessionStorage.getItem("reloaded") ?? 0);
  if (Date.now() - last < APART_MS) return;
  sessionStorage.setItem("reloaded", Date.now());
  location.reload();
}
