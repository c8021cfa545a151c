"use strict";
/* Which rows the page shows: chips by model and by method, over the sections. Charts and tables hear of the choice by
   the event "rows"; the baseline always stays. */
(() => {
  const bar = document.getElementById("rows");
  const { data_sets: sets } = JSON.parse(document.getElementById("study").textContent);
  const found = new Map(sets.flatMap((set) => set.rows.map((row) => [row.id, row.name])));
  const baselines = new Set(sets.map((set) => set.baseline));
  const parts = new Map([...found].map(([id, name]) => {
    const [model, ...method] = name.split(", ");
    return [id, { model, method: method.join(", ") }];
  }));
  const number = parts.size + sets.reduce((sum, set) => sum + set.left_out.rows, 0); // chips are of what charts may draw
  const chosen = { model: new Set(), method: new Set() };
  const label = bar.querySelector("summary");
  const fits = (row, kind) => !chosen[kind].size || chosen[kind].has(row[kind]);
  const isShown = ([id, row]) => baselines.has(id) || (fits(row, "model") && fits(row, "method"));

  function tell() {
    const shown = [...parts].filter(isShown).map(([id]) => id);
    const hidden = [...parts.keys()].filter((id) => !shown.includes(id));
    const whole = shown.length === parts.size;
    label.textContent = whole ? `Rows: all ${number}` : `Rows: ${shown.length} of ${number}`;
    document.dispatchEvent(new CustomEvent("rows", { detail: { shown: whole ? null : shown, hidden } }));
  }
  function chip(kind, value) {
    const button = make("button", value, "chip");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      if (!chosen[kind].delete(value)) chosen[kind].add(value);
      button.setAttribute("aria-pressed", String(chosen[kind].has(value)));
      tell();
    });
    return button;
  }
  function chips(kind, title) {
    const others = [...parts].filter(([id]) => !baselines.has(id));
    const values = [...new Set(others.map(([, row]) => row[kind]))].filter(Boolean);
    if (values.length < 2) return [];
    const group = make("div", null, "chips");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", title);
    group.append(make("span", title), ...values.map((value) => chip(kind, value)));
    return [group];
  }
  const groups = [...chips("model", "Models"), ...chips("method", "Methods")];
  if (!groups.length) return;
  const everything = make("button", "Show all", "chip");
  everything.type = "button";
  everything.addEventListener("click", () => {
    for (const kind of Object.values(chosen)) kind.clear();
    for (const button of all(".chip[aria-pressed]", bar)) button.setAttribute("aria-pressed", "false");
    tell();
  });
  groups[groups.length - 1].append(everything);
  bar.append(...groups, make("p", "Figures that are drawn beforehand show all rows.", "hint"));
  bar.hidden = false;
  document.getElementById("filters").hidden = false;
  tell();
})();
