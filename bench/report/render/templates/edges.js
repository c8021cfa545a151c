"use strict";
/* What is wider than its box fades at the edge where more of it is; on a phone a table has one column at a time. */
function markEdge(box) {
  box.classList.toggle("cut", box.scrollWidth - box.clientWidth - box.scrollLeft > 2);
}
const sized = new ResizeObserver((entries) => { for (const { target } of entries) markEdge(target); });
const KEYS = new Set(["row", "data", "labels", "training examples", "best row", "callers", "A", "B"]); // A, B: read together
const MANY = 3; // columns that stay: with more, each takes little room
const phone = matchMedia("(max-width: 40rem)");
/* Columns that say what a line is of stay; of the others the one that is chosen: at first the largest training size, or
   what can be opened */
function firstColumn(heads, table) {
  const others = heads.map((_, place) => place).filter((place) => place && !KEYS.has(heads[place]));
  if (others.every((place) => /^[\d,]+$/.test(heads[place]))) return others[others.length - 1];
  return others.find((place) => table.querySelector(`tbody tr > :nth-child(${place + 1}) > button.open`)) || others[0];
}
function narrowed(block) {
  const table = block.querySelector("table");
  const heads = [...table.tHead.rows[0].cells].map(entryText);
  const others = heads.map((_, place) => place).filter((place) => place && !KEYS.has(heads[place]));
  if (others.length < 2) return;
  block.classList.toggle("dense", heads.length - others.length > MANY);
  const select = make("select", null, "column");
  select.setAttribute("aria-label", `Column of: ${block.querySelector(".scroll").getAttribute("aria-label")}`);
  for (const place of others) select.append(new Option(heads[place], place));
  select.value = firstColumn(heads, table);
  const show = () => {
    for (const line of table.rows) {
      for (const place of others) line.cells[place].classList.toggle("off", phone.matches && place !== Number(select.value));
    }
    measureHeads();
    markEdge(block.querySelector(".scroll"));
  };
  select.addEventListener("change", show);
  phone.addEventListener("change", show);
  block.querySelector(".tools").prepend(select);
  show();
}
function setUpEdges(root) {
  for (const box of all(".scroll, .drawing", root)) {
    box.addEventListener("scroll", () => markEdge(box), { passive: true });
    sized.observe(box);
  }
  for (const block of all(".table", root)) narrowed(block);
}
document.addEventListener("opened", ({ detail }) => setUpEdges(detail.body));
setUpEdges(document);
