// Building pieces of the page. Text always goes in as text, so nothing a device says can become markup.

const SVG = "http://www.w3.org/2000/svg";

// h("button", {class: "plain", onclick: f}, "text", child, …); a null child is left out.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// The same for a drawing: svg("rect", {x: 1, …}, child, …).
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// New content for a list that somebody may be reading: what was open stays open, the focus stays where it was.
export function refill(box, children) {
  const opened = new Set([...box.querySelectorAll("details[open]")].map((each) => each.dataset.key));
  const focused = box.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  box.replaceChildren(...children);
  for (const each of box.querySelectorAll("details")) each.open = opened.has(each.dataset.key);
  if (focused !== undefined) [...box.querySelectorAll("[data-key]")].find((each) => each.dataset.key === focused)?.focus();
}

// The sign of a state; a decoration beside its words, so readers skip it.
export function sign(state) {
  return svg("svg", { viewBox: "0 0 16 16", class: `sign ${state}`, "aria-hidden": "true" },
    svg("path", { d: window.IOC.SHAPES[state] }));
}

export const find = (id) => document.getElementById(id);

// Touch the page only where something changed.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function tone(element, state) {
  element.style.setProperty("--tone", `var(--${state})`);
}
