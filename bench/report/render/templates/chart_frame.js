"use strict";
/* What both charts share: the study, the choice, which rows are coloured and pinned, and how points are reached. */
const chartFrame = (() => {
  const source = document.getElementById("study");
  const study = source ? JSON.parse(source.textContent) : { data_sets: [] };
  const rows = { pinned: [], shown: null };
  const charts = [];
  let choice = null;

  /* Colours: a row keeps its slot as long as it is free, so that it looks the same from choice to choice */
  const SLOTS = 6;
  const slots = new Map();
  function colouredRows(set) {
    const known = new Set(set.rows.map((row) => row.id));
    const wanted = [...new Set([choice.row, ...(choice.named || []), ...rows.pinned])];
    return wanted.filter((row) => row && row !== set.baseline && known.has(row));
  }
  function looks(set) {
    const coloured = colouredRows(set);
    const taken = new Set();
    const made = new Map();
    for (const row of coloured) {
      if (slots.has(row) && !taken.has(slots.get(row))) { made.set(row, slots.get(row)); taken.add(slots.get(row)); }
    }
    for (const row of coloured) {
      if (made.has(row)) continue;
      const free = [...Array(SLOTS).keys()].find((slot) => !taken.has(slot));
      made.set(row, free === undefined ? made.size % SLOTS : free);
      taken.add(made.get(row));
      slots.set(row, made.get(row));
    }
    return made;
  }

  /* The baseline's mark is a square, that of a slot is its own; grey rows have small circles */
  const MARKS = [
    (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0z`,
    (r) => `M0,${-1.25 * r}L${1.2 * r},${0.9 * r}H${-1.2 * r}z`,
    (r) => `M0,${1.25 * r}L${1.2 * r},${-0.9 * r}H${-1.2 * r}z`,
    (r) => `M${-0.4 * r},${-1.2 * r}h${0.8 * r}v${0.8 * r}h${0.8 * r}v${0.8 * r}h${-0.8 * r}v${0.8 * r}h${-0.8 * r}v${-0.8 * r}h${-0.8 * r}v${-0.8 * r}h${0.8 * r}z`,
    (r) => `M${-1.15 * r},0L${-0.58 * r},${-r}H${0.58 * r}L${1.15 * r},0L${0.58 * r},${r}H${-0.58 * r}z`,
    (r) => `M${-1.2 * r},${-r}L0,${-0.35 * r}L${1.2 * r},${-r}V${r}L0,${0.35 * r}L${-1.2 * r},${r}z`,
  ];
  const square = (r) => `M${-r},${-r}H${r}V${r}H${-r}z`;
  const diamond = (r) => `M0,${-1.3 * r}L${1.3 * r},0L0,${1.3 * r}L${-1.3 * r},0z`;

  const SPACE = "http://www.w3.org/2000/svg";
  function shape(tag, attributes = {}, text) {
    const node = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) node.setAttribute(name, typeof value === "number" ? Number(value.toFixed(2)) : value);
    }
    if (text !== undefined) node.textContent = text;
    return node;
  }

  /* From the lowest to the highest of `must`; of `may`, what is not so far off that it would press the rest together */
  function domain(must, may, factor = 0.6) {
    if (!must.length) return domain(may.length ? may : [0, 1], [], factor);
    const [low, high] = [Math.min(...must), Math.max(...must)];
    const span = Math.max(high - low, 0.02);
    const near = may.filter((value) => value >= low - factor * span && value <= high + factor * span);
    const [from, to] = [Math.min(low, ...near), Math.max(high, ...near)];
    return [from - 0.05 * Math.max(to - from, 0.02), to + 0.05 * Math.max(to - from, 0.02)];
  }

  /* Rows of a data set that may be drawn: the filter of the page leaves out the others */
  function visible(set) {
    const out = (id) => rows.shown && !rows.shown.includes(id) && !rows.pinned.includes(id) && id !== set.baseline;
    return set.rows.filter((row) => !out(row.id));
  }

  function pin(row) {
    const pinned = rows.pinned.includes(row) ? rows.pinned.filter((each) => each !== row) : [...rows.pinned, row];
    document.dispatchEvent(new CustomEvent("rows", { detail: { pinned, shown: rows.shown } }));
  }

  /* Everything a drawing needs to know */
  function about() {
    const set = study.data_sets.find((each) => each.id === (choice && choice.data)) || study.data_sets[0];
    if (!choice) choice = { data: set.id, labels: Math.max(...set.label_counts), size: Math.max(0, ...set.train_sizes), row: null, named: [] };
    const coloured = looks(set);
    return {
      study, set, choice, coloured, pinned: rows.pinned, rows: visible(set),
      names: new Map(set.rows.map((row) => [row.id, row.name])),
      trained: new Map(set.rows.map((row) => [row.id, row.trained])),
      at: set.points.filter((point) => point.labels === choice.labels),
      classOf: (row) => (row === set.baseline ? "baseline" : coloured.has(row) ? `slot${coloured.get(row)}` : "other"),
      markOf: (row, r) => (row === set.baseline ? square(r * 0.95) : coloured.has(row) ? MARKS[coloured.get(row)](r) : MARKS[0](r)),
      isTold: (row) => row === set.baseline || coloured.has(row),
    };
  }
  function otherMetric({ set, choice: now }) {
    return now.metric && now.metric !== set.metric.name ? ` Charts stay with ${set.metric.label}.` : "";
  }

  /* A chart in its figure: `draw(chart, width)` gives {svg, caption, finding, notes, spots, lines}; spots are
     {row, point, x, y} */
  function add(id, makeTools, draw) {
    const figure = document.getElementById(id);
    if (!figure || !study.data_sets.length) return;
    figure.parentElement.hidden = false; // without scripts there are no empty frames
    const plot = figure.querySelector(".plot");
    const chart = { id, figure, plot, options: {}, drawn: null, width: 0 };
    const tools = make("div", null, "chart-tools");
    figure.insertBefore(tools, plot);
    chart.redraw = () => {
      if (!chart.width) return;
      Object.assign(chart, about());
      const drawn = draw(chart, chart.width);
      chart.drawn = drawn;
      drawn.svg.setAttribute("aria-label", drawn.finding);
      plot.setAttribute("aria-label", `${drawn.caption}. Arrow keys go from point to point, Enter pins a row, Escape leaves the point.`);
      plot.replaceChildren(drawn.svg);
      figure.querySelector("figcaption").textContent = drawn.caption;
      figure.querySelector(".finding").textContent = drawn.finding + otherMetric(chart);
      figure.querySelector(".notes-of-chart").replaceChildren(...drawn.notes.map((note) => make("p", note, "hint")));
      makeTools(chart, tools);
      chartPointing.again(chart);
    };
    charts.push(chart);
    chartPointing.listen(chart, pin);
    new ResizeObserver(([entry]) => {
      const width = Math.round(entry.contentRect.width);
      if (width && width !== chart.width && !printing) { chart.width = width; chart.redraw(); }
    }).observe(plot);
  }

  /* Two charts beside each other fit a printed page at this width */
  const PRINTED = 340;
  let printing = false;
  addEventListener("beforeprint", () => {
    printing = true;
    for (const chart of charts) { chart.before = chart.width; chart.width = PRINTED; chart.redraw(); }
  });
  addEventListener("afterprint", () => {
    printing = false;
    for (const chart of charts) { chart.width = chart.before; chart.redraw(); }
  });

  const redrawAll = () => { for (const chart of charts) chart.redraw(); };
  document.addEventListener("choice", ({ detail }) => { choice = detail; redrawAll(); });
  document.addEventListener("rows", ({ detail }) => { Object.assign(rows, detail); redrawAll(); });

  return { add, shape, domain, diamond };
})();
