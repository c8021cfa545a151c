"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined && text !== null) node.textContent = text;
  if (className) node.className = className;
  return node;
}

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

/* Metric: each figure and table of one metric is shown with that alone */
const metrics = all("[data-choose]");
let metric = metrics.length ? metrics[0].dataset.choose : null;
function showMetric(within = document) {
  for (const part of all("[data-metric]", within)) part.hidden = part.dataset.metric !== metric;
  for (const note of all("[data-stays]", within)) note.hidden = note.dataset.stays === metric;
}
function choose(chosen, tell = true) {
  metric = chosen;
  for (const button of metrics) button.setAttribute("aria-pressed", String(button.dataset.choose === metric));
  showMetric();
  measureHeads();
  if (tell) document.dispatchEvent(new CustomEvent("metric"));
}
for (const button of metrics) button.addEventListener("click", () => choose(button.dataset.choose));
