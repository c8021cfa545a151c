"use strict";
/* Details of a point of the grid. Everything is put in as text, never as markup */
const dialog = document.getElementById("details");
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
    box.append(make("p", one.said, "labels"));
    body.append(box);
  }
  if (point.commands.length) body.append(make("h3", "Run it again"));
  for (const [seed, command] of point.commands) {
    body.append(make("p", `Seed ${seed}`, "hint"), copying(command));
  }
}
let points = null;
async function open(id) {
  points ??= JSON.parse(await unpacked("points"));
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
