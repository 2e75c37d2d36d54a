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

// The sign of a state; a decoration beside its words, so readers skip it.
export function sign(state) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `sign ${state}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", window.IOC.SHAPES[state]);
  svg.append(path);
  return svg;
}

export const find = (id) => document.getElementById(id);

// Touch the page only where something changed.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function tone(element, state) {
  element.style.setProperty("--tone", `var(--${state})`);
}
