"use strict";
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
  if (/^[+-]?[\d,]*\.?\d+( ?%)?( ±<?[\d.,]+)?( \[[ \d.,;+\-−∞<>≤≥]*(?: to [ \d.,;+\-−]*)?\])?( \(\d[\w ;,]*\))?$/.test(text)) return text;
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
/* Lines of rows that the page does not show are hidden, and those without the words of the filter */
let rowsShown = null, rowsKnown = new Set();
const rowOf = (line) => entryText(line.cells[0]).replace(/ \(no training examples\)$/, "");
function filterLines(block) {
  const table = block.querySelector("table");
  const words = block.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
  const lines = all("tr:not(.pinned)", table.tBodies[0]);
  const ofRows = rowsShown && lines.some((line) => rowsKnown.has(rowOf(line)));
  for (const line of lines) {
    const text = words.length ? lineText(line) : "";
    line.hidden = !(words.every((word) => text.includes(word)) && (!ofRows || rowsShown.has(rowOf(line))));
  }
  const left = lines.filter((line) => !line.hidden).length;
  block.querySelector(".count").textContent = left < lines.length || words.length ? `${left} of ${lines.length} lines` : "";
}
document.addEventListener("rows", ({ detail }) => {
  if (!detail.hidden) return; // what charts tell each other
  rowsShown = detail.shown && new Set(detail.shown);
  rowsKnown = new Set([...(detail.shown || []), ...detail.hidden]);
  all(".table").forEach(filterLines);
});
function setUpTable(block) {
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
  block.querySelector("input").addEventListener("input", () => filterLines(block));
  if (rowsShown) filterLines(block);
  block.querySelector(".csv").addEventListener("click", (event) => {
    download(`${event.target.dataset.name}.csv`, csvOf(table));
  });
}
function lineText(line) { return [...line.cells].map(entryText).join(" ").toLowerCase(); }
addEventListener("resize", measureHeads);
