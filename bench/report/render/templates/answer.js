"use strict";
/* The answer: which of the cards that were made beforehand is shown. Nothing is computed here, and the choice is kept
   in the address: #L=16&N=2400&C=price:0.02&M=macro_f1&D=0 */
const entries = JSON.parse(document.getElementById("answers").textContent);
const cardBox = document.getElementById("card");
const controls = document.getElementById("controls");
const choice = { data: "", labels: null, size: null, ceiling: "any" };

const dataSets = [...new Set(entries.map((one) => one.data))];
const nameOf = ({ kind, value }) => (value === null ? kind : `${kind}:${value}`);
const ofData = () => entries.filter((one) => one.data === choice.data);
const entry = () => ofData().find((one) => `test_${one.metric}` === metric) || ofData()[0];
function chosenAnswer() {
  const { answers, ceilings } = entry();
  const here = answers.filter((one) => one.labels === choice.labels && one.size === choice.size);
  return here.find((one) => nameOf(ceilings[one.ceiling]) === choice.ceiling) || here[here.length - 1];
}

/* A choice that is not in the grid gives way to the nearest one that is */
function settle() {
  const { answers, ceilings } = entry();
  const labels = [...new Set(answers.map((one) => one.labels))];
  const first = answers[entry().first];
  if (!labels.includes(choice.labels)) choice.labels = first.labels;
  const sizes = answers.filter((one) => one.labels === choice.labels).map((one) => one.size);
  if (!sizes.includes(choice.size)) {
    const wanted = choice.size === null ? first.size : choice.size;
    choice.size = sizes.reduce((best, size) => (Math.abs(size - wanted) < Math.abs(best - wanted) ? size : best), sizes[0]);
  }
  if (!ceilings.some((one) => nameOf(one) === choice.ceiling)) choice.ceiling = "any";
}

/* Controls: a group of buttons for what there is more than one of */
function group(name, values, now, pick) {
  const box = make("div", null, "control");
  if (values.length < 2) return null;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", name);
  box.append(make("span", name, "name"));
  const buttons = make("span", null, "switch");
  for (const [value, text] of values) {
    const button = make("button", text);
    button.type = "button";
    button.dataset.value = value;
    button.setAttribute("aria-pressed", String(value === now));
    button.addEventListener("click", () => { pick(value); show(); focusOn(name, value); });
    buttons.append(button);
  }
  box.append(buttons);
  return box;
}
function focusOn(name, value) {
  const box = all(".control", controls).find((one) => one.getAttribute("aria-label") === name);
  if (box) all("button", box).find((button) => button.dataset.value === String(value))?.focus();
}
function showControls() {
  const { answers, ceilings } = entry();
  const numbers = (values) => [...new Set(values)].sort((a, b) => a - b);
  const labels = numbers(answers.map((one) => one.labels)).map((count) => [count, String(count)]);
  const sizes = numbers(answers.filter((one) => one.labels === choice.labels).map((one) => one.size))
    .map((size) => [size, size ? size.toLocaleString("en") : "none"]);
  controls.replaceChildren(...[
    group("Texts", dataSets.map((id) => [id, entries.find((one) => one.data === id).name]), choice.data, (id) => { choice.data = id; }),
    group("Labels", labels, choice.labels, (count) => { choice.labels = count; }),
    group("Labelled examples I have", sizes, choice.size, (size) => { choice.size = size; }),
    group(limitLabel(ceilings), ceilings.map((one) => [nameOf(one), one.text]), choice.ceiling, (name) => { choice.ceiling = name; }),
  ].filter(Boolean));
  controls.hidden = controls.childElementCount === 0;
}

/* The card: the same parts as in the page's own HTML (index.html.j2) */
function pairs(className, lines) {
  const list = make("dl", null, className);
  for (const [name, text] of lines) {
    const line = make("div");
    line.append(make("dt", name), make("dd", text));
    list.append(line);
  }
  return list;
}
function showCard(one) {
  const card = entry().cards[one.card];
  cardBox.className = `card ${card.decision}`;
  cardBox.replaceChildren(
    make("h2", card.headline),
    make("p", card.why, "why"),
    pairs("facts", card.facts.map(([value, label]) => [label, value])),
    pairs("notes", card.notes),
  );
}
/* In a sentence: what paper has instead of the controls */
function showChoice(ceiling) {
  const examples = choice.size ? `${choice.size.toLocaleString("en")} training examples` : "no training examples";
  const of = dataSets.length > 1 ? `${entry().name}, ` : "";
  const limit = ceiling.kind === "any" ? "" : `; ${limitLabel(entry().ceilings).replace("A", "a")}: ${ceiling.text}`;
  document.querySelector(".choice").textContent = `${of}${choice.labels} labels, ${examples}${limit}`;
}

/* What the control of limits is called */
function limitLabel(ceilings) {
  return ceilings.some((one) => one.kind === "seconds") ? "A training may take" : "A training may cost";
}

/* The address */
function written() {
  const parts = new URLSearchParams();
  if (dataSets.length > 1) parts.set("D", choice.data);
  parts.set("L", choice.labels);
  parts.set("N", choice.size);
  if (choice.ceiling !== "any") parts.set("C", choice.ceiling);
  if (metrics.length && metric !== metrics[0].dataset.choose) parts.set("M", metric.replace(/^test_/, ""));
  return `#${parts}`;
}
function read(hash) {
  if (!/^#\w=/.test(hash)) return false;
  const parts = new URLSearchParams(hash.slice(1));
  const number = (name) => (/^\d+$/.test(parts.get(name) || "") ? Number(parts.get(name)) : null);
  if (dataSets.includes(parts.get("D"))) choice.data = parts.get("D");
  choice.labels = number("L");
  choice.size = number("N");
  choice.ceiling = parts.get("C") || "any";
  const wanted = metrics.find((button) => button.dataset.choose === `test_${parts.get("M")}`) || metrics[0];
  if (wanted && wanted.dataset.choose !== metric) choose(wanted.dataset.choose, false);
  return true;
}
function show(keep = true) {
  settle();
  const one = chosenAnswer();
  showControls();
  showCard(one);
  if (keep) history.replaceState(null, "", written());
  const ceiling = entry().ceilings[one.ceiling];
  showChoice(ceiling);
  document.dispatchEvent(new CustomEvent("choice", {
    detail: {
      entry: entries.indexOf(entry()), data: choice.data, metric: entry().metric, labels: choice.labels, size: choice.size,
      row: one.row, baseline: entry().baseline, named: one.named, decision: one.decision, ceiling,
    },
  }));
}
if (entries.length) {
  choice.data = entries[0].data;
  document.addEventListener("metric", () => show());
  addEventListener("hashchange", () => { if (read(location.hash)) show(false); });
  read(location.hash);
  show(false);
}
