"use strict";
/* Sections are closed, and what is in them is kept packed (gzip, base64) until one is opened: a page of a whole grid
   would otherwise have fifty thousand nodes before anybody reads. */
const texts = new Map();
async function unpacked(name) {
  if (!texts.has(name)) {
    const packed = document.getElementById(`packed-${name}`).textContent;
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    texts.set(name, await new Response(stream).text());
  }
  return texts.get(name);
}
const folds = all("details.fold");
function put(fold) {
  const body = fold.querySelector(".body");
  if (body.dataset.packed === undefined || !texts.has(body.dataset.packed)) return;
  const holder = document.createElement("template");
  holder.innerHTML = texts.get(body.dataset.packed); // made by our own templates, which escape what comes from data
  body.replaceChildren(holder.content);
  delete body.dataset.packed;
  all(".table", body).forEach(setUpTable);
  showMetric(body);
  measureHeads();
  document.dispatchEvent(new CustomEvent("opened", { detail: { body } }));
}
async function openFold(fold) {
  const { packed } = fold.querySelector(".body").dataset;
  if (packed !== undefined) await unpacked(packed);
  put(fold);
  fold.open = true;
}
for (const fold of folds) fold.addEventListener("toggle", () => { if (fold.open) openFold(fold); });

/* A link leads into a closed section: what is in section "cost" is called "cost--..." */
async function follow(hash) {
  const anchor = decodeURIComponent(hash.slice(1));
  const fold = anchor && folds.find(({ id }) => id === anchor || anchor.startsWith(`${id}--`));
  if (!fold) return;
  await openFold(fold);
  document.getElementById(anchor)?.scrollIntoView();
}
addEventListener("hashchange", () => follow(location.hash));
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.hash === location.hash) follow(link.hash); // no hashchange, and the section may be closed again
});

/* All of it, at once: to search in, and to print. What is printed has to be there before the browser asks */
async function openAll() {
  for (const fold of folds) await openFold(fold);
  for (const inner of all("details.inner")) inner.open = true;
}
document.addEventListener("toggle", ({ target }) => { if (target.matches("details.inner")) measureHeads(); }, true);
const openers = all("button.open-all");
for (const button of openers) {
  button.addEventListener("click", async () => {
    const closing = folds.every((fold) => fold.open);
    if (closing) for (const fold of folds) fold.open = false;
    else await openAll();
    for (const each of openers) each.textContent = closing ? "Open all sections" : "Close all sections";
  });
}
let openBefore = [], innerClosed = [];
addEventListener("beforeprint", () => {
  openBefore = folds.filter((fold) => fold.open);
  for (const fold of folds) { put(fold); fold.open = true; }
  innerClosed = all("details.inner:not([open])");
  for (const inner of innerClosed) inner.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of folds) fold.open = openBefore.includes(fold);
  for (const inner of innerClosed) inner.open = false;
});
async function readAhead() {
  for (const fold of folds) await unpacked(fold.id);
  document.documentElement.dataset.unpacked = "true"; // what printing needs
}
