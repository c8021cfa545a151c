"use strict";
/* What a score costs: a point a row, for one label count and training size. */
const chartPareto = (() => {
  const { shape, domain } = chartFrame;
  const FONT = 12;
  const known = (value) => value !== null && value !== undefined;
  const STRIP = 46;

  /* The cost of a point by a measure; 0 stands for none at all, null for not known */
  function costOf(point, { field }) {
    if (field === "price" && !known(point.price) && point.gpu === false) return 0;
    if (field === "train_seconds" && !point.size && !known(point.train_seconds)) return null;
    return known(point[field]) ? point[field] : null;
  }
  /* Measures that tell at least two points apart, here or at another size */
  function measuresOf(chart) {
    const some = chart.set.points.filter((point) => known(point.mean));
    return chartAxes.measures(chart.study.currency).filter((measure) => new Set(some.map((point) => point[measure.field]).filter((value) => value > 0)).size > 1);
  }

  /* As `statistics.ceilings.within`: without a GPU a training costs no money */
  function isWithin(point, ceiling) {
    if (!ceiling || ceiling.kind === "any") return true;
    if (ceiling.kind === "no_gpu") return point.gpu === false;
    if (ceiling.kind === "seconds") return known(point.train_seconds) && point.train_seconds <= ceiling.value;
    return point.gpu === false || (known(point.price) && point.price <= ceiling.value);
  }
  /* As `statistics.costs.pareto`: those that none is as cheap as and better than, from the cheapest on */
  function frontOf(entries, measure, lower) {
    const price = (entry) => (measure.more ? -entry.cost : entry.cost);
    const gain = (entry) => (lower ? -entry.point.mean : entry.point.mean);
    const ordered = [...entries].sort((a, b) => price(a) - price(b) || gain(b) - gain(a));
    const front = [];
    for (const entry of ordered) {
      const last = front[front.length - 1];
      const twin = last && price(last) === price(entry) && gain(last) === gain(entry);
      if (!last || gain(entry) > gain(last) || twin) front.push(entry);
    }
    return front;
  }

  function axes(chart, entries, measure, width, height) {
    const costs = entries.map((entry) => entry.cost).filter((cost) => cost > 0);
    const { ceiling } = chart.choice;
    const limit = lineOf(ceiling, measure);
    const all = limit === null ? costs : [...costs, limit];
    const [low, high] = all.length ? [Math.min(...all), Math.max(...all)] : [1, 10];
    const pad = Math.max(1.25, (high / low) ** 0.06, high / low < 3 ? 1.8 : 1);
    const top = 22;
    const bottom = height - 44;
    const { unit, lower_is_better: lower } = chart.set.metric;
    const main = entries.filter((entry) => entry.isFront || chart.isTold(entry.point.row));
    const must = main.flatMap(({ point }) => [point.mean, point.low, point.high]).filter(known);
    let [from, to] = domain(must, entries.map((entry) => entry.point.mean), 0.4);
    if (unit === "%") [from, to] = [Math.max(from, -0.01), Math.min(to, 1.01)];
    const ticks = chartAxes.linearTicks(from, to, Math.max(3, Math.floor((bottom - top) / 42)));
    const step = ticks.length > 1 ? ticks[1] - ticks[0] : 0.1;
    const text = (tick) => chartAxes.tickShare(tick, unit, step);
    const left = Math.max(34, ...ticks.map((tick) => chartLabels.width(text(tick), FONT) + 10));
    const hasStrip = entries.some((entry) => entry.cost === 0);
    const begin = left + (hasStrip ? STRIP : 0);
    const right = width - 12;
    const log = chartAxes.scale([low / pad, high * pad], [begin + 4, right], true);
    const x = (cost) => (cost === 0 ? left + STRIP / 2 : log(cost));
    const y = chartAxes.scale([from, to], lower ? [top, bottom] : [bottom, top]);
    return { x, y, log, ticks, text, left, begin, right, top, bottom, hasStrip, limit };
  }
  /* Where the ceiling is a line on this axis */
  function lineOf(ceiling, { field }) {
    if (!ceiling) return null;
    const own = { price: "price", seconds: "train_seconds" }[ceiling.kind];
    return own === field ? ceiling.value : null;
  }

  function drawAxes(svg, frame, measure, label) {
    const { left, begin, right, top, bottom, y, log } = frame;
    for (const tick of frame.ticks) {
      const at = y(tick).toFixed(1);
      svg.append(shape("path", { class: "grid", d: `M${left},${at}H${right}` }));
      svg.append(shape("text", { class: "tick", x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, frame.text(tick)));
    }
    svg.append(shape("path", { class: "axis", d: `M${left},${bottom}H${right}` }));
    if (frame.hasStrip) {
      svg.append(shape("path", { class: "strip", d: `M${begin},${top}V${bottom}` }));
      svg.append(shape("text", { class: "tick", x: left + STRIP / 2, y: bottom + 18, "text-anchor": "middle" }, measure.none));
    }
    const text = (value) => measure.text(value);
    const room = (value) => chartLabels.width(text(value), FONT);
    const half = (value) => room(value) / 2;
    const fits = ([, value]) => log(value) + half(value) <= right + 10 && log(value) - half(value) >= begin + (frame.hasStrip ? 2 : -30);
    for (const tick of chartAxes.thinned(chartAxes.logCandidates(log.low, log.high, measure.time).filter(fits), log, room)) {
      svg.append(shape("path", { class: "axis", d: `M${log(tick).toFixed(1)},${bottom}v5` }));
      svg.append(shape("text", { class: "tick", x: log(tick), y: bottom + 18, "text-anchor": "middle" }, text(tick)));
    }
    const title = `${measure.name}${measure.more ? " (more is better)" : ""}, log axis`;
    svg.append(shape("text", { class: "tick", x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" }, title));
    svg.append(shape("text", { class: "tick", x: 2, y: 11 }, label));
  }

  function drawCeiling(svg, frame, measure, ceiling) {
    if (frame.limit === null) return null;
    const at = frame.log(frame.limit);
    const { right, top, bottom } = frame;
    svg.append(shape("rect", { class: "beyond", x: at, y: top, width: Math.max(0, right - at), height: bottom - top }));
    svg.append(shape("path", { class: "ceiling", d: `M${at.toFixed(1)},${top}V${bottom}` }));
    const text = ceiling.text || `up to ${measure.text(frame.limit)}`;
    const wide = chartLabels.width(text, 11);
    const left = at - wide - 4 > frame.begin ? at - wide - 4 : Math.min(at + 4, right - wide);
    svg.append(shape("text", { class: "tick small", x: left, y: bottom - 6 }, text));
    return chartLabels.box(left, bottom - 18, wide, 14);
  }

  /* From the cheapest point on: along until the next one, then up to it */
  function drawFront(svg, front, frame, measure) {
    if (!front.length) return;
    const path = front.map(({ cost, point }, index) => {
      const [x, y] = [frame.x(cost).toFixed(1), frame.y(point.mean).toFixed(1)];
      return index ? `H${x}V${y}` : `M${x},${y}`;
    });
    svg.append(shape("path", { class: "front", d: `${path.join("")}H${measure.more ? frame.begin : frame.right}` }));
  }

  /* The step line as thin boxes, for labels to avoid */
  function frontBoxes(front, frame, measure) {
    return front.flatMap(({ cost, point }, index) => {
      const [x, y] = [frame.x(cost), frame.y(point.mean)];
      const next = front[index + 1];
      const end = next ? frame.x(next.cost) : measure.more ? frame.begin : frame.right;
      const along = chartLabels.box(Math.min(x, end), y - 2, Math.abs(end - x), 4);
      return next ? [along, chartLabels.box(end - 2, frame.y(next.point.mean), 4, y - frame.y(next.point.mean))] : [along];
    });
  }

  function drawPoint(chart, svg, { point, cost, isFront, isIn }, frame) {
    const { row } = point;
    const told = chart.isTold(row) && isIn;
    const raw = frame.y(point.mean);
    const at = [frame.x(cost), Math.min(Math.max(raw, frame.top), frame.bottom)];
    const look = told ? chart.classOf(row) : isFront ? "on-front" : "other dominated";
    const group = shape("g", { class: `series ${look}${isIn ? "" : " out"}`, "data-row": row });
    if ((told || isFront) && known(point.low) && known(point.high)) {
      group.append(shape("path", { class: `whisker ${look}`, d: `M${at[0].toFixed(1)},${frame.y(point.low).toFixed(1)}V${frame.y(point.high).toFixed(1)}` }));
    }
    const radius = told ? 5.5 : isFront ? 4.5 : 3.6;
    const off = Math.abs(raw - at[1]) > 1;
    const hollow = point.state === "partial" ? " hollow" : "";
    const path = off ? (raw > at[1] ? "M0,0l4.5,-8h-9z" : "M0,0l4.5,8h-9z") : told ? chart.markOf(row, radius) : chart.markOf("", radius);
    group.append(shape("path", { class: `mark${hollow}`, d: path, transform: `translate(${at.map((each) => each.toFixed(1)).join(",")})` }));
    svg.append(group);
    return { row, point, x: at[0], y: at[1] };
  }

  function drawLabels(chart, svg, { entries, front, spots, frame, width, taken, measure }) {
    const order = (entry) => (entry.point.row === chart.choice.row ? 0 : entry.isFront ? 1 : entry.point.row === chart.set.baseline ? 0.5 : 2);
    const told = entries.map((entry, index) => ({ entry, spot: spots[index] }))
      .filter(({ entry }) => entry.isFront || (chart.isTold(entry.point.row) && entry.isIn) || chart.pinned.includes(entry.point.row))
      .sort((a, b) => order(a.entry) - order(b.entry));
    const wanted = told.map(({ entry, spot }) => {
      const bold = entry.point.row === chart.choice.row ? 600 : 400;
      const lines = chartLabels.wrapped(chart.names.get(entry.point.row), Math.min(190, width * 0.4), { size: FONT, weight: bold });
      const wide = Math.max(...lines.map((line) => chartLabels.width(line, FONT, bold)));
      return { row: entry.point.row, entry, lines, bold, x: spot.x, y: spot.y, radius: 5, wide, high: lines.length * 14 + 2 };
    });
    const marks = [
      ...frontBoxes(front, frame, measure),
      ...spots.map((spot) => chartLabels.box(spot.x - 6, spot.y - 6, 12, 12)),
      ...told.filter(({ entry }) => known(entry.point.low)).map(({ entry, spot }) => ({
        ...chartLabels.box(spot.x - 2, frame.y(entry.point.high), 4, frame.y(entry.point.low) - frame.y(entry.point.high)), weight: 1 })),
    ];
    const placed = chartLabels.beside(wanted, { left: frame.left + 2, right: width - 1, top: frame.top - 2, bottom: frame.bottom - 2 }, marks, taken ? [taken] : []);
    for (const label of placed.filter(({ left }) => left !== null)) {
      const look = chart.isTold(label.row) ? chart.classOf(label.row) : "on-front";
      if (label.far) svg.append(shape("path", { class: `leader ${look}`, d: leader(label) }));
      const text = shape("text", { class: `label ${look}${label.bold > 400 ? " bold" : ""}`, "data-row": label.row });
      label.lines.forEach((line, index) => text.append(shape("tspan", { x: label.left, y: label.top + 11.5 + index * 14 }, line)));
      svg.append(text);
    }
    return placed.filter(({ left }) => left === null).length;
  }
  /* To the nearest place on the label's edge */
  function leader({ x, y, left, top, wide, high }) {
    const end = [Math.min(Math.max(x, left), left + wide), Math.min(Math.max(y, top), top + high)];
    return `M${x.toFixed(1)},${y.toFixed(1)}L${end.map((each) => each.toFixed(1)).join(",")}`;
  }

  const costText = (entry, measure) => (entry.cost === 0 ? measure.none : (measure.full || measure.text)(entry.cost));
  function place({ choice }) {
    const size = choice.size ? ` and ${choice.size.toLocaleString("en")} examples` : "";
    return `${chartTips.counted(choice.labels, "label")}${size}`;
  }
  function finding(chart, front, measure) {
    if (!front.length) return `With ${place(chart)}, no row's ${measure.name} is known${chart.choice.ceiling && chart.choice.ceiling.kind !== "any" ? " within the ceiling" : ""}.`;
    const text = (entry) => `${chart.names.get(entry.point.row)} (${chartAxes.share(entry.point.mean, chart.set.metric.unit)}, ${costText(entry, measure)})`;
    const list = front.length > 5 ? [...front.slice(0, 2), ...front.slice(-3)] : front;
    const names = list.map(text);
    const last = names.pop();
    if (chart.rows.length === 1) return `With ${place(chart)}: ${last}.`;
    if (!names.length) return `With ${place(chart)}, ${last} is as good and as cheap as any: no other row is worth its cost.`;
    const middle = front.length > 5 ? `${names.slice(0, 2).join(", ")}, … ${names.slice(2).join(", ")}` : names.join(", ");
    return `With ${place(chart)}, from ${measure.least} on, each better than the one before: ${middle} and ${last}.`;
  }
  function notes(chart, here, entries, measure, unnamed) {
    const parts = ["Step line: the best score to be had at each cost; hollow grey: another row is as good and as cheap; vertical lines: 95 % intervals"];
    const failed = here.filter((point) => !known(point.mean)).map((point) => chart.names.get(point.row));
    const unknown = here.filter((point) => known(point.mean) && costOf(point, measure) === null).map((point) => chart.names.get(point.row));
    const made = [`${parts.join("; ")}.${unnamed ? ` ${chartTips.counted(unnamed, "name")} left out: no room.` : ""}`];
    if (entries.some((entry) => !entry.isIn)) made.push("Filled grey: beyond what a training may cost.");
    if (failed.length) made.push(`Without a result here: ${failed.join("; ")}.`);
    if (unknown.length) made.push(`Whose ${measure.name} is not known: ${unknown.join("; ")}.`);
    return made;
  }

  function draw(chart, width) {
    const { set, choice, at } = chart;
    const offered = measuresOf(chart);
    if (!offered.some((each) => each.field === chart.options.axis)) chart.options.axis = (offered[0] || { field: "train_seconds" }).field;
    const measure = chartAxes.measures(chart.study.currency).find((each) => each.field === chart.options.axis);
    const height = width < 480 ? 310 : 350;
    const ids = new Set(chart.rows.map((row) => row.id));
    const here = at.filter((point) => ids.has(point.row) && (point.size === choice.size || point.size === 0));
    const entries = here.filter((point) => known(point.mean) && costOf(point, measure) !== null)
      .map((point) => ({ point, cost: costOf(point, measure), isIn: isWithin(point, choice.ceiling) }));
    const front = frontOf(entries.filter((entry) => entry.isIn), measure, set.metric.lower_is_better);
    for (const entry of entries) entry.isFront = front.includes(entry);
    entries.sort((a, b) => rank(chart, b) - rank(chart, a));
    const frame = axes(chart, entries, measure, width, height);
    const svg = shape("svg", { role: "img", viewBox: `0 0 ${width} ${height}`, width, height });
    const taken = drawCeiling(svg, frame, measure, choice.ceiling || {});
    drawAxes(svg, frame, measure, set.metric.label);
    drawFront(svg, front, frame, measure);
    const spots = entries.map((entry) => drawPoint(chart, svg, entry, frame));
    const unnamed = drawLabels(chart, svg, { entries, front, spots, frame, width, taken, measure });
    svg.append(shape("circle", { class: "ring", r: 9, visibility: "hidden" }));
    return {
      svg, spots, lines: [], finding: finding(chart, front, measure), notes: notes(chart, here, entries, measure, unnamed),
      caption: `What it costs: ${set.metric.label} against ${measure.name}, ${place(chart)}`,
      name: `pareto-${set.id}-${choice.labels}-labels-${choice.size}-${measure.field}`,
    };
  }
  const rank = (chart, { point, isFront }) => (point.row === chart.choice.row ? 0 : chart.isTold(point.row) ? 1 : isFront ? 2 : 3);

  function makeTools(chart, tools) {
    const offered = measuresOf(chart);
    const axis = offered.length > 1 ? [chartSave.select(chart, "axis", "Cost", offered.map((each) => [each.field, each.short]))] : [];
    chartSave.tools(chart, tools, axis);
  }
  return { draw, makeTools };
})();
chartFrame.add("pareto", chartPareto.makeTools, chartPareto.draw);
