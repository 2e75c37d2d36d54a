// A table of rows that one walks through by keyboard: arrows or J and K move, Enter opens, other keys act on the row.
// Rows are made anew only where their words changed, so that focus and scrolling stay where they are.

import { h } from "./dom.js";

const HELD = /^(INPUT|SELECT|TEXTAREA)$/;

export class Rows {
  // `cells(item)`: contents of the cells; `keys`: {key: (item) => …}; `opened(item)`: a row was chosen.
  constructor(body, { id, cells, opened, keys = {} }) {
    Object.assign(this, { body, id, cells, opened, keys });
    this.kept = new Map();
    this.items = [];
    this.chosen = null;
    body.addEventListener("keydown", (event) => this._move(event));
    addEventListener("keydown", (event) => this._act(event));
  }

  show(items) {
    this.items = items;
    const wanted = items.map((item) => this._row(item));
    const stay = new Set(items.map(this.id));
    for (const [id, { row }] of this.kept) if (!stay.has(id)) this._leave(id, row);
    wanted.forEach((row, at) => { if (this.body.children[at] !== row) this.body.insertBefore(row, this.body.children[at] ?? null); });
    this._mark();
  }

  choose(id, { focus = false } = {}) {
    this.chosen = id;
    this._mark();
    const row = this.kept.get(id)?.row;
    if (focus) row?.focus();
    row?.scrollIntoView({ block: "nearest" });
    const item = this.item();
    if (item) this.opened(item);
  }

  item() {
    return this.items.find((item) => this.id(item) === this.chosen);
  }

  _row(item) {
    const id = this.id(item);
    const cells = this.cells(item);
    const words = cells.map((cell) => (cell instanceof Node ? cell.outerHTML : String(cell ?? ""))).join("|");
    const old = this.kept.get(id);
    if (old?.words === words) return old.row;
    const row = h("tr", { role: "row", "data-id": id, onclick: () => this.choose(id, { focus: true }) },
      ...cells.map((cell) => h("td", { role: "gridcell" }, cell)));
    this.kept.set(id, { row, words });
    if (old) {
      const focused = old.row === document.activeElement;
      row.tabIndex = old.row.tabIndex; // else it could not take the focus over
      old.row.replaceWith(row);
      if (focused) row.focus();
    }
    return row;
  }

  _leave(id, row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const focused = row === document.activeElement;
    row.remove();
    this.kept.delete(id);
    if (focused && next) {
      next.tabIndex = 0;
      next.focus();
    }
  }

  // One row is reached by Tab: the chosen one, else the first.
  _mark() {
    const first = this.kept.get(this.chosen)?.row ?? this.body.firstElementChild;
    for (const row of this.body.children) {
      row.tabIndex = row === first ? 0 : -1;
      row.setAttribute("aria-selected", String(row.dataset.id === this.chosen));
    }
  }

  _move(event) {
    const row = event.target.closest("tr");
    if (!row || event.ctrlKey || event.altKey || event.metaKey || HELD.test(event.target.tagName)) return;
    const to = {
      ArrowDown: row.nextElementSibling, j: row.nextElementSibling, ArrowUp: row.previousElementSibling,
      k: row.previousElementSibling, Home: this.body.firstElementChild, End: this.body.lastElementChild, Enter: row,
    }[event.key];
    if (!to) return;
    event.preventDefault();
    this.choose(to.dataset.id, { focus: true });
  }

  _act(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || HELD.test(event.target.tagName)) return;
    const act = this.keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act(this.item());
  }
}

// Sorting by a click on a column's name: again for the other way round. `columns`: {name: (item) => value}.
export function sortable(head, columns, changed) {
  const order = { column: null, down: false };
  for (const cell of head.querySelectorAll("th[data-column]")) {
    cell.querySelector("button").addEventListener("click", () => {
      order.down = order.column === cell.dataset.column ? !order.down : false;
      order.column = cell.dataset.column;
      for (const other of head.querySelectorAll("th")) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      changed();
    });
  }
  return (items) => {
    const value = columns[order.column];
    if (!value) return items;
    const sign = order.down ? -1 : 1;
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "vi", { numeric: true }) : a - b);
    return [...items].sort((a, b) => sign * compare(value(a), value(b)));
  };
}
