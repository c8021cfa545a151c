"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const points = JSON.parse(document.getElementById("points").textContent);

/* Theme */
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => root.dataset.theme || (dark.matches ? "dark" : "light");
const themeButton = document.getElementById("theme");
const nameTheme = () => { themeButton.textContent = theme() === "dark" ? "Light theme" : "Dark theme"; };
themeButton.addEventListener("click", () => {
  root.dataset.theme = theme() === "dark" ? "light" : "dark";
  try { localStorage.setItem("bench-theme", root.dataset.theme); } catch { /* not remembered, see theme.js */ }
  nameTheme();
});
dark.addEventListener("change", nameTheme);
nameTheme();

/* Metric */
const choices = all("[data-choose]");
function choose(metric) {
  for (const button of choices) button.setAttribute("aria-pressed", String(button.dataset.choose === metric));
  for (const part of all("[data-metric]")) part.hidden = part.dataset.metric !== metric;
  measureHeads();
}
for (const button of choices) button.addEventListener("click", () => choose(button.dataset.choose));

/* Tables: the pinned line takes no part in sorting and filtering */
const entryText = (cell) => (cell.querySelector("button") || cell).textContent.replace(/\s+/g, " ").trim();
function sortKey(cell) {
  if (cell.dataset.sort !== undefined) return parseFloat(cell.dataset.sort); // a duration, say
  const text = entryText(cell);
  const number = /^(?:at (?:least|most) )?[<>≥≤~≈]?\s*([+\-−]?[\d,]*\.?\d+)/.exec(text);
  return number ? parseFloat(number[1].replace(/,/g, "").replace("−", "-")) : text.toLowerCase();
}
function compare(a, b) {
  if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b);
  return typeof a === "number" ? -1 : 1; // words after numbers, whichever way
}
function sortBy(table, column, direction) {
  const body = table.tBodies[0];
  const lines = all("tr:not(.pinned)", body).map((line) => [sortKey(line.cells[column]), line]);
  lines.sort(([a], [b]) => (typeof a === typeof b ? direction : 1) * compare(a, b));
  body.append(...lines.map(([, line]) => line));
  for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
  table.tHead.rows[0].cells[column].setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
}
function safeInSheets(text) {
  // a spreadsheet would run what begins so, full-width or after what is not seen; numbers may begin with a sign
  if (/^[+-]?[\d,]*\.?\d+( ?%)?( ±<?[\d.,]+)?( \[[ \d.,;+\-−∞<>≤≥]*\])?( \(\d[\w ;,]*\))?$/.test(text)) return text;
  const seen = text.replace(/^[\s\p{Cc}\p{Cf}]+/u, "");
  return /^[=+\-@]/.test(seen.slice(0, 1).normalize("NFKC")) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
}
const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
function csvOf(table) {
  const lines = [table.tHead.rows[0], ...table.tBodies[0].rows].filter((line) => !line.hidden);
  return lines.map((line) => [...line.cells].map((cell) => quoted(safeInSheets(entryText(cell)))).join(",")).join("\r\n")
    + "\r\n";
}
function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
function measureHeads() {
  for (const table of all("table")) table.style.setProperty("--head", `${table.tHead.offsetHeight}px`);
}
for (const block of all(".table")) {
  const table = block.querySelector("table");
  const pinned = block.querySelector("tr.pinned");
  if (pinned) table.tBodies[0].prepend(pinned);
  all("button.sort", table).forEach((button, column) => button.addEventListener("click", () => {
    const now = button.parentElement.getAttribute("aria-sort");
    const numbers = all("tr:not(.pinned)", table.tBodies[0])
      .some((line) => typeof sortKey(line.cells[column]) === "number");
    const first = numbers && column && button.dataset.smallFirst === undefined ? -1 : 1; // the best first, names from A
    sortBy(table, column, now ? (now === "ascending" ? -1 : 1) : first);
  }));
  const lines = all("tr:not(.pinned)", table.tBodies[0]);
  const count = block.querySelector(".count");
  block.querySelector("input").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const line of lines) {
      const text = lineText(line);
      line.hidden = !words.every((word) => text.includes(word));
    }
    const left = lines.filter((line) => !line.hidden).length;
    count.textContent = words.length ? `${left} of ${lines.length} rows` : "";
  });
  block.querySelector(".csv").addEventListener("click", (event) => {
    download(`${event.target.dataset.name}.csv`, csvOf(table));
  });
}
function lineText(line) { return [...line.cells].map(entryText).join(" ").toLowerCase(); }
addEventListener("resize", measureHeads);

/* Details of a point of the grid. Everything is put in as text, never as markup */
const dialog = document.getElementById("details");
function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined && text !== null) node.textContent = text;
  if (className) node.className = className;
  return node;
}
function copying(text) {
  const box = make("div", null, "command");
  const button = make("button", "Copy", "copy");
  button.type = "button";
  box.append(make("code", text), button);
  return box;
}
function tableOf(header, lines) {
  const box = make("div", null, "scroll");
  const table = make("table");
  const head = table.createTHead().insertRow();
  for (const name of header) { const th = make("th", name); th.scope = "col"; head.append(th); }
  const body = table.createTBody();
  for (const line of lines) {
    const row = body.insertRow();
    line.forEach((value, place) => row.append(make(place ? "td" : "th", value === null ? "" : value)));
  }
  box.append(table);
  return box;
}
function fill(point) {
  const body = document.getElementById("details-body");
  document.getElementById("details-title").textContent = point.title;
  body.replaceChildren();
  for (const words of point.facts) body.append(make("p", words, "hint"));
  body.append(make("h3", "Seeds"), tableOf(point.header, point.seeds));
  for (const failure of point.failures) {
    body.append(make("h3", `Seed ${failure.seed}: ${failure.status}`), make("pre", failure.reason));
  }
  if (point.mistakes.length || point.about_mistakes) {
    body.append(make("h3", "Most confident mistakes"));
    if (point.about_mistakes) body.append(make("p", point.about_mistakes, "hint"));
  }
  for (const one of point.mistakes) {
    const box = make("div", null, "mistake");
    box.append(make("p", one.text === null ? `(example ${one.id}: its text was not kept)` : one.text));
    box.append(make("p", `${one.confidence}predicted “${one.predicted}”, true label “${one.label}”; seed ${one.seed}`, "labels"));
    body.append(box);
  }
  if (point.commands.length) body.append(make("h3", "Run it again"));
  for (const [seed, command] of point.commands) {
    body.append(make("p", `Seed ${seed}`, "hint"), copying(command));
  }
}
function open(id) {
  if (!Object.hasOwn(points, id)) return;
  fill(points[id]);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}
document.addEventListener("click", (event) => {
  const target = event.target.closest("button");
  if (event.target === dialog || (target && target.id === "close")) dialog.close();
  else if (target && target.dataset.point) open(target.dataset.point);
  else if (target && target.classList.contains("copy")) copy(target);
});
async function copy(button) {
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch { // a page from disk may have no clipboard: select it, for Ctrl-C
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

if (choices.length) choose(choices[0].dataset.choose);
measureHeads();
root.dataset.ready = "true";
