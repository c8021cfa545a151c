"use strict";
/* What more examples bring: a line a row, for one label count. */
const chartScaling = (() => {
  const { shape, domain, diamond } = chartFrame;
  const FONT = 12;
  const LINE = 15;
  const known = (value) => value !== null && value !== undefined;
  const onX = (entries) => entries.filter((entry) => entry.size > 0);

  /* Scores as they are, or errors on a log axis: 1 less the score, where more is better. Better is up either way, but
     for a loss on its plain axis */
  function yAxis(chart, width, height) {
    const { set, at, options } = chart;
    const { unit, lower_is_better: lower, label } = set.metric;
    const least = 0.5 / Math.max(1, ...at.map((point) => point.examples || 0)); // no error at all has no place on a log axis
    const value = options.log ? (score) => Math.max(lower ? score : 1 - score, least) : (score) => score;
    const trained = at.filter((point) => point.size && known(point.mean) && chart.isShown(point.row));
    const ends = trained.filter((point) => hasBand(chart, point.row)).flatMap((point) => [point.low, point.high]).filter(known);
    const must = [...trained.map((point) => point.mean), ...ends].map(value);
    const flat = at.filter((point) => !point.size && known(point.mean)).map((point) => point.mean);
    const may = [...flat, ...chart.published.map((each) => each.value)].map(value);
    const down = options.log && !lower;
    const [top, bottom] = [22, height - 44];
    let [low, high] = domain(must, may);
    if (unit === "%" && !options.log) [low, high] = [Math.max(low, -0.01), Math.min(high, 1.01)];
    if (options.log) [low, high] = logDomain([...must, ...(must.length ? [] : may)]);
    const place = chartAxes.scale([low, high], down ? [top, bottom] : [bottom, top], options.log);
    const most = Math.max(3, Math.floor((bottom - top) / 40));
    const linear = chartAxes.linearTicks(low, high, most);
    const step = linear.length > 1 ? linear[1] - linear[0] : 0.1;
    let ticks = options.log ? chartAxes.thinned(chartAxes.logCandidates(low, high), place, () => FONT, 8) : linear;
    if (ticks.length < 2) ticks = linear;
    const text = (tick) => (options.log ? chartAxes.share(tick, unit, tick < 0.01 ? 1 : 0) : chartAxes.tickShare(tick, unit, step));
    const name = options.log ? `${lower ? label : "error"} (log axis${lower ? "" : ", better is up"})` : label;
    return { place: (score) => place(value(score)), ticks, tickAt: place, text, name, top, bottom, width };
  }
  function logDomain(values) {
    const low = Math.min(...values);
    const high = Math.max(...values);
    return high / low > 1.2 ? [low / 1.06, high * 1.06] : [low / 1.15, high * 1.15];
  }

  /* Names at line ends: two lines at most, with the last score where it has room */
  function endLabels(chart, ends, y, room, frame) {
    const wide = frame.right - frame.left;
    const blocks = ends.map(({ row, point, rank }) => {
      const name = chart.names.get(row);
      const bold = row === chart.choice.row ? 600 : 400;
      let lines = chartLabels.wrapped(`${name} ${chartAxes.share(point.mean, chart.set.metric.unit)}`, wide, { size: FONT, weight: bold, lines: rank ? 2 : 3 });
      if (lines[lines.length - 1].endsWith("…")) lines = chartLabels.wrapped(name, wide, { size: FONT, weight: bold });
      const wish = Math.min(Math.max(y.place(point.mean), y.top), y.bottom);
      return { row, point, lines, rank, bold, wish, height: lines.length * LINE + 3 };
    });
    return chartLabels.column(blocks, frame.top, frame.bottom);
  }

  /* The stretches of a row where nothing is missing, and the gaps between them */
  function stretches(points) {
    const parts = [[]];
    const gaps = [];
    let hole = false;
    for (const point of points) {
      if (!known(point.mean)) { hole = true; continue; }
      const part = parts[parts.length - 1];
      if (hole && part.length) { gaps.push([part[part.length - 1], point]); parts.push([point]); } else part.push(point);
      hole = false;
    }
    return { parts: parts.filter((part) => part.length), gaps };
  }

  function drawRow(chart, svg, row, points, x, y) {
    const { parts, gaps } = stretches(points);
    const group = shape("g", { class: `series ${chart.classOf(row)}`, "data-row": row });
    const at = (point) => [x(point.size), y.place(point.mean)];
    const path = (some) => `M${some.map((point) => at(point).map((each) => each.toFixed(1)).join(",")).join("L")}`;
    for (const part of parts) if (part.length > 1) group.append(shape("path", { class: "line", d: path(part) }));
    for (const gap of gaps) group.append(shape("path", { class: "line gap", d: path(gap) }));
    for (const point of parts.flat()) {
      const [cx, cy] = at(point);
      const hollow = point.state === "partial" ? " hollow" : "";
      const radius = chart.isTold(row) ? 4.2 : 2.2;
      group.append(shape("path", { class: `mark${hollow}`, d: chart.markOf(row, radius), transform: `translate(${cx.toFixed(1)},${cy.toFixed(1)})` }));
    }
    svg.append(group);
  }
  /* Bands of all would hide each other: the others have theirs when they are pointed at */
  const hasBand = (chart, row) => row === chart.choice.row || row === chart.set.baseline || chart.pinned.includes(row);
  function drawBand(chart, svg, row, points, x, y) {
    const inside = (score) => Math.min(Math.max(y.place(score), y.top), y.bottom).toFixed(1);
    for (const part of stretches(points).parts) {
      const some = part.filter((point) => known(point.low) && known(point.high));
      const look = `${chart.classOf(row)}${hasBand(chart, row) ? "" : " at-pointing"}`;
      if (some.length > 1) {
        const there = some.map((point) => `${x(point.size).toFixed(1)},${inside(point.high)}`);
        const back = [...some].reverse().map((point) => `${x(point.size).toFixed(1)},${inside(point.low)}`);
        svg.append(shape("path", { class: `band ${look}`, "data-row": row, d: `M${[...there, ...back].join("L")}z` }));
      } else if (some.length) {
        const [one] = some;
        svg.append(shape("path", { class: `whisker ${look}`, "data-row": row, d: `M${x(one.size).toFixed(1)},${inside(one.low)}V${inside(one.high)}` }));
      }
    }
  }
  /* Untrained rows: a tick at the right edge, or an arrow where the score is far off the axis */
  function drawUntrained(chart, svg, point, right, y) {
    const raw = y.place(point.mean);
    const cy = Math.min(Math.max(raw, y.top), y.bottom);
    const group = shape("g", { class: `series untrained ${chart.classOf(point.row)}`, "data-row": point.row });
    group.append(Math.abs(raw - cy) < 1
      ? shape("path", { class: "tick-mark", d: `M${right - 7},${cy.toFixed(1)}h14` })
      : shape("path", { class: "mark", d: raw > cy ? "M0,0l4,-7h-8z" : "M0,0l4,7h-8z", transform: `translate(${right},${cy})` }));
    svg.append(group);
    return { row: point.row, point, x: right, y: cy };
  }

  function drawAxes(svg, x, y, sizes, chart) {
    const { left, right } = x.frame;
    for (const tick of y.ticks) {
      const at = y.tickAt(tick);
      svg.append(shape("path", { class: "grid", d: `M${left},${at.toFixed(1)}H${right}` }));
      svg.append(shape("text", { class: "tick", x: left - 6, y: at + 4, "text-anchor": "end" }, y.text(tick)));
    }
    svg.append(shape("path", { class: "axis", d: `M${left},${y.bottom}H${right}` }));
    const width = (size) => chartLabels.width(size.toLocaleString("en"), FONT);
    const ranked = sizes.map((size, index) => [size === chart.choice.size ? 0 : index === 0 || index === sizes.length - 1 ? 1 : 2, size]).sort((a, b) => a[0] - b[0]);
    const kept = chartAxes.thinned(ranked, x, width, 6);
    for (const size of sizes) svg.append(shape("path", { class: "axis", d: `M${x(size).toFixed(1)},${y.bottom}v${kept.includes(size) ? 5 : 3}` }));
    for (const size of kept) {
      const chosen = size === chart.choice.size ? " chosen" : "";
      svg.append(shape("text", { class: `tick${chosen}`, x: x(size), y: y.bottom + 18, "text-anchor": "middle" }, size.toLocaleString("en")));
    }
    const name = sizes.length ? "training examples" : "untrained rows alone";
    svg.append(shape("text", { class: "tick", x: (left + right) / 2, y: y.bottom + 36, "text-anchor": "middle" }, name));
    if (chart.choice.size) {
      const at = x(chart.choice.size).toFixed(1);
      svg.prepend(shape("path", { class: "chosen-line", d: `M${at},${y.top}V${y.bottom}` }));
    }
  }

  /* Published numbers: hollow diamonds with numbers, which a list under the chart explains */
  function drawPublished(chart, svg, x, y) {
    const texts = publications(chart);
    const spots = chart.published.map((each) => {
      const index = texts.indexOf(cited(each));
      const place = [each.size ? x(each.size) : x.frame.right, Math.min(Math.max(y.place(each.value), y.top), y.bottom)];
      svg.append(shape("path", { class: `mark published${each.other_data ? " elsewhere" : ""}`, d: diamond(4.5), transform: `translate(${place[0].toFixed(1)},${place[1].toFixed(1)})` }));
      return { row: null, point: { ...each, text: each.text }, x: place[0], y: place[1], index };
    });
    /* A number at the first and the last one of each publication */
    const own = (spot) => spots.filter((other) => other.index === spot.index).map((other) => other.point.size);
    const numbered = spots.filter((spot) => [Math.min(...own(spot)), Math.max(...own(spot))].includes(spot.point.size));
    const wanted = numbered.map((spot) => ({ x: spot.x, y: spot.y, radius: 5, wide: chartLabels.width(String(spot.index + 1), 11), high: 12, index: spot.index }));
    const frame = { left: x.frame.left, right: x.frame.right + 14, top: y.top - 6, bottom: y.bottom };
    for (const label of chartLabels.beside(wanted, frame, spots.map((spot) => chartLabels.box(spot.x - 6, spot.y - 6, 12, 12)))) {
      if (label.left !== null) svg.append(shape("text", { class: "label small", x: label.left, y: label.top + 10 }, String(label.index + 1)));
    }
    return spots;
  }

  const cited = (each) => `${each.text}${each.other_data ? " (other texts)" : ""}`;
  const publications = (chart) => [...new Set(chart.published.map(cited))];

  function finding(chart, byRow) {
    const { set, names, choice, at } = chart;
    const ends = (row) => (byRow.get(row) || []).filter((point) => known(point.mean));
    const score = (point) => chartAxes.share(point.mean, set.metric.unit);
    const best = [...byRow.keys()].filter((row) => ends(row).length).sort((a, b) => {
      const [left, right] = [ends(a), ends(b)].map((some) => some[some.length - 1].mean);
      return set.metric.lower_is_better ? left - right : right - left;
    });
    const row = ends(choice.row).length ? choice.row : best[0];
    if (!row) return `With ${chartTips.counted(choice.labels, "label")}, no trained row has a result.`;
    const own = ends(row);
    const [first, last] = [own[0], own[own.length - 1]];
    const verb = last.mean > first.mean ? "rises" : last.mean < first.mean ? "falls" : "stays";
    const begin = own.length > 1
      ? `${names.get(row)} ${verb} from ${score(first)} with ${first.size.toLocaleString("en")} examples to ${score(last)} with ${last.size.toLocaleString("en")}`
      : `${names.get(row)} has ${score(last)} with ${last.size.toLocaleString("en")} examples`;
    const other = row === set.baseline ? best.find((each) => each !== row) : set.baseline;
    const end = ends(other).pop();
    const against = end ? `; ${names.get(other)} ${own.length > 1 ? "ends at" : "has"} ${score(end)}` : "";
    const here = at.find((point) => point.row === row && point.size === choice.size);
    const over = here && row !== set.baseline && known(here.mean) ? chartTips.difference(here, set, choice.size) : "";
    const verdict = over ? ` With ${choice.size.toLocaleString("en")} examples it is ${over.replace(/,([^,]*)$/, ` over ${names.get(set.baseline)} ($1)`).replace("( ", "(")}.` : "";
    return `With ${chartTips.counted(choice.labels, "label")}, ${begin}${against}.${verdict}`;
  }

  function notes(chart, byRow, hidden) {
    const made = [];
    const parts = ["Bands: 95\u00a0% intervals of the recommended row, the baseline, and the row that is pointed at"];
    const points = [...byRow.values()].flat();
    if (points.length < 2) return [];
    if (points.some((point) => point.state === "partial")) parts.push("hollow: seeds are missing");
    if ([...byRow.values()].some((own) => stretches(own).gaps.length)) parts.push("dotted: over sizes without a result");
    if (chart.at.some((point) => !point.size && known(point.mean))) parts.push("at the right edge: untrained rows");
    made.push(`${parts.join("; ")}.${hidden ? ` ${chartTips.counted(hidden, "name")} left out: no room.` : ""}`);
    if (chart.published.length) {
      made.push(`Published: ${publications(chart).map((text, index) => `${index + 1} ${text}`).join("; ")}.`);
    }
    const { left_out: left } = chart.set;
    if (left && left.rows) made.push(`${chartTips.counted(left.rows, "more row")} in ${left.file}.`);
    return made;
  }

  function draw(chart, width) {
    const { set, at, choice } = chart;
    const height = width < 480 ? 310 : 350;
    const ids = new Set(chart.rows.map((row) => row.id));
    chart.isShown = (row) => ids.has(row);
    chart.published = chart.options.published ? set.published.filter((each) => each.labels === choice.labels) : [];
    const byRow = new Map();
    for (const point of [...onX(at)].sort((a, b) => a.size - b.size)) {
      if (ids.has(point.row)) byRow.set(point.row, [...(byRow.get(point.row) || []), point]);
    }
    const y = yAxis(chart, width, height);
    const ends = labelled(chart, byRow);
    const wanted = Math.max(0, ...ends.map(({ row, point }) => chartLabels.width(`${chart.names.get(row)} ${chartAxes.share(point.mean, set.metric.unit)}`, FONT, row === choice.row ? 600 : 400)));
    const room = Math.min(wanted + 4, Math.max(118, 0.3 * width));
    const left = Math.max(34, ...y.ticks.map((tick) => chartLabels.width(y.text(tick), FONT) + 12));
    const right = width - room - 22;
    const sizes = [...new Set(onX([...at.filter((point) => ids.has(point.row)), ...chart.published]).map((each) => each.size))].sort((a, b) => a - b);
    const pad = sizes.length > 1 ? 1 : 1.5;
    const x = Object.assign(chartAxes.scale([(sizes[0] || 1) / pad, (sizes[sizes.length - 1] || 1) * pad], [left + 12, right - 14], true), { frame: { left, right } });

    const svg = shape("svg", { role: "img", viewBox: `0 0 ${width} ${height}`, width, height });
    drawAxes(svg, x, y, sizes, chart);
    svg.append(shape("text", { class: "tick", x: 2, y: 10 }, y.name));
    const order = [...byRow.keys()].sort((a, b) => rank(chart, b) - rank(chart, a));
    for (const row of order) drawBand(chart, svg, row, byRow.get(row), x, y);
    for (const row of order) drawRow(chart, svg, row, byRow.get(row), x, y);
    const flat = at.filter((point) => !point.size && known(point.mean) && ids.has(point.row));
    const spots = order.flatMap((row) => byRow.get(row)).filter((point) => known(point.mean)).map((point) => ({ row: point.row, point, x: x(point.size), y: y.place(point.mean) }));
    spots.push(...flat.map((point) => drawUntrained(chart, svg, point, right, y)), ...drawPublished(chart, svg, x, y));
    const column = endLabels(chart, ends, y, room, { left: width - room, right: width - 1, top: 2, bottom: height - 26 });
    for (const label of column) drawLabel(chart, svg, label, width - room, right, x, y);
    svg.append(shape("circle", { class: "ring", r: 8, visibility: "hidden" }));
    const lines = order.map((row) => ({ row, places: byRow.get(row).filter((point) => known(point.mean)).map((point) => [x(point.size), y.place(point.mean)]) }));
    return {
      svg, spots, lines, finding: finding(chart, byRow), notes: notes(chart, byRow, ends.length - column.length),
      caption: `What more examples bring: ${set.metric.label} with ${chartTips.counted(choice.labels, "label")}`,
      name: `scaling-${set.id}-${choice.labels}-labels`,
    };
  }
  /* The recommended row first, then the baseline, then what is coloured, then grey */
  const rank = (chart, row) => (row === chart.choice.row ? 0 : row === chart.set.baseline ? 1 : chart.isTold(row) ? 2 : 3);

  /* Rows that have names: those that are told apart, and of untrained ones the best one at least */
  function labelled(chart, byRow) {
    const found = [];
    for (const [row, points] of byRow) {
      const last = points.filter((point) => known(point.mean)).pop();
      if (last && chart.isTold(row)) found.push({ row, point: last, rank: rank(chart, row) });
    }
    const sign = chart.set.metric.lower_is_better ? -1 : 1;
    const flat = chart.at.filter((point) => !point.size && known(point.mean) && chart.isShown(point.row)).sort((a, b) => sign * (b.mean - a.mean));
    flat.forEach((point, index) => {
      if (chart.isTold(point.row) || index === 0) found.push({ row: point.row, point, rank: chart.isTold(point.row) ? 2 : 4 });
    });
    return found;
  }
  function drawLabel(chart, svg, label, left, right, x, y) {
    const { row, point } = label;
    const from = point.size ? x(point.size) + 7 : right + 8;
    const at = Math.min(Math.max(y.place(point.mean), y.top), y.bottom);
    const middle = label.top + label.height / 2;
    svg.append(shape("path", { class: `leader ${chart.classOf(row)}`, d: `M${from.toFixed(1)},${at.toFixed(1)}L${Math.max(from, left - 10).toFixed(1)},${(point.size && x(point.size) < right - 20 ? middle : at).toFixed(1)}L${left - 3},${middle.toFixed(1)}` }));
    const text = shape("text", { class: `label ${chart.classOf(row)}${label.bold > 400 ? " bold" : ""}`, "data-row": row });
    label.lines.forEach((line, index) => text.append(shape("tspan", { x: left, y: label.top + 12.5 + index * LINE }, line)));
    svg.append(text);
  }

  function makeTools(chart, tools) {
    const { set, choice } = chart;
    const some = set.published.some((each) => each.labels === choice.labels);
    chartSave.tools(chart, tools, [
      chartSave.toggle(chart, "log", "Log error"),
      ...(some ? [chartSave.toggle(chart, "published", "Published")] : []),
    ]);
  }
  return { draw, makeTools };
})();
chartFrame.add("scaling", chartScaling.makeTools, chartScaling.draw);
