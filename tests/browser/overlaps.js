// Looks at both charts for every label count, ceiling, axis and switch, with no row pinned and with all of them; the
// drawing's width is given. Returns what is wrong, and how many texts were looked at.
const wrong = [];
const given = arguments[0];
let looked = 0;
const texts = (svg) => [...svg.querySelectorAll("text")].filter((t) => t.textContent).map((t) => [t.textContent, t.getBBox()]);
function look(chart, what) {
  const svg = document.querySelector(`#${chart} .plot svg`);
  const { width, height } = svg.viewBox.baseVal;
  if (width !== given) wrong.push(["width", width]);
  const boxes = texts(svg);
  looked += boxes.length;
  boxes.forEach(([text, a], index) => {
    if (a.x < -0.5 || a.y < -2 || a.x + a.width > width + 0.5 || a.y + a.height > height) wrong.push([what, "out", text]);
    for (const [other, b] of boxes.slice(0, index)) {
      const x = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
      const y = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
      if (x > 0.5 && y > 1.5) wrong.push([what, text, other]);
    }
  });
  const box = svg.getBoundingClientRect();
  for (const mark of svg.querySelectorAll(".series .mark, .band:not(.at-pointing), .whisker")) {
    const m = mark.getBoundingClientRect();
    const inside = m.left >= box.left - 1 && m.right <= box.right + 1 && m.top >= box.top - 1 && m.bottom <= box.bottom + 1;
    if (!inside) wrong.push([what, "mark", mark.getAttribute("class")]);
  }
}
const buttons = (name) => [...document.querySelectorAll(`#controls [aria-label="${name}"] button`)];
const values = (name) => buttons(name).map((button) => button.dataset.value);
const press = (name, value) => buttons(name).find((button) => button.dataset.value === value).click();
function switched(what) {
  for (const option of ["log", "published"]) {
    look("scaling", [...what, option]);
    document.querySelector(`#scaling [data-option=${option}]`).click();
  }
}
function eachAxis(what) {
  const select = () => document.querySelector("#pareto select");
  for (const { value } of [...select().options]) {
    select().value = value;
    select().dispatchEvent(new Event("change"));
    look("pareto", [...what, value]);
  }
}
const all_rows = JSON.parse(document.getElementById("study").textContent).data_sets[0].rows.map((row) => row.id);
for (const pinned of [[], all_rows]) {
  document.dispatchEvent(new CustomEvent("rows", { detail: { pinned, shown: null } }));
  for (const labels of values("Labels")) {
    for (const ceiling of values("A training may cost")) {
      press("Labels", labels);
      press("A training may cost", ceiling);
      switched([labels, ceiling]);
      eachAxis([labels, ceiling, pinned.length]);
    }
  }
}
return [wrong, looked];
