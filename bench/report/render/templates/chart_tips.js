"use strict";
/* The box with a point's values, and what it says. */
const chartTips = (() => {
  const VERDICTS = {
    better: "significant", worse: "significant", tied: "not significant", undecided: "one seed decides nothing",
  };
  const STATES = {
    partial: "some seeds are missing", failed: "failed", skipped: "skipped: the data can't give it", missing: "not run",
    not_needed: "not needed to decide",
    pruned: "ended early: behind on validation",
  };

  const range = (low, high, text) => (low === null || high === null ? "" : ` (${text(low)} to ${text(high)})`);
  function score(point, set) {
    if (point.mean === null) return STATES[point.state] || "no result";
    const { unit } = set.metric;
    const bare = (value) => chartAxes.share(value, unit).replace("\u00a0%", "");
    return `${chartAxes.share(point.mean, unit)}${range(point.low, point.high, bare)}`;
  }
  /* Of a row to the baseline at a size; untrained rows have theirs among the pairs */
  function overBaseline(point, set, size) {
    if (point.over_baseline) return point.over_baseline;
    if (point.size) return null;
    const same = (pair) => pair.a === point.row && pair.b === set.baseline && pair.labels === point.labels && pair.size === size;
    return set.pairs.find(same) || null;
  }
  function difference(point, set, size) {
    const over = overBaseline(point, set, size);
    if (!over) return "";
    const text = (value) => chartAxes.points(value, set.metric.unit);
    const unit = set.metric.unit === "%" ? " points" : "";
    return `${text(over.difference)}${unit}${range(over.low, over.high, text)}, ${VERDICTS[over.verdict]}`;
  }
  const counted = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
  const examples = (size) => (size ? counted(size, "training example") : "untrained");
  function seeds(point) {
    const all = point.seeds_expected !== point.seeds ? `${point.seeds} of ${counted(point.seeds_expected, "seed")}` : counted(point.seeds, "seed");
    return point.examples ? `${all}, ${counted(point.examples, "test example")}` : all;
  }
  function costs(point, currency) {
    const known = chartAxes.measures(currency).filter(({ field }) => point[field] !== null && point[field] !== undefined);
    return known.map(({ field, short, text, full }) => (full || ((value) => `${short.toLowerCase()} ${text(value)}`))(point[field])).join(", ");
  }

  /* Lines of [name, text] */
  function lines(point, chart) {
    const { set, names } = chart;
    const against = difference(point, set, chart.choice.size);
    const baseline = names.get(set.baseline) || set.baseline;
    const label = set.metric.label.charAt(0).toUpperCase() + set.metric.label.slice(1);
    return [
      [label, score(point, set)],
      ...(against ? [[`Over ${baseline}`, against]] : []),
      ["Runs", point.mean !== null && point.state === "partial" ? `${seeds(point)}: ${STATES.partial}` : seeds(point)],
      ...(costs(point, chart.study.currency) ? [["Cost", costs(point, chart.study.currency)]] : []),
    ];
  }
  function content(point, chart) {
    if (point.text) { // a published number
      const where = point.other_data ? ", measured on other texts" : "";
      return { title: point.text, lines: [["Published", `${chartAxes.share(point.value, chart.set.metric.unit)}${where}`], ["With", examples(point.size)]] };
    }
    return { title: `${chart.names.get(point.row) || point.row}, ${examples(point.size)}`, lines: lines(point, chart) };
  }
  const spoken = ({ title, lines: all }) => `${title}. ${all.map(([name, text]) => `${name}: ${text}`).join(". ")}.`;

  /* One box a chart, inside its figure, wherever its point is */
  function tipIn(figure) {
    const box = make("div", null, "tip");
    box.hidden = true;
    figure.append(box);
    return {
      show({ title, lines: all }, x, y) {
        const list = make("dl");
        for (const [name, text] of all) {
          const line = make("div");
          line.append(make("dt", name), make("dd", text));
          list.append(line);
        }
        box.replaceChildren(make("strong", title), list);
        box.hidden = false;
        const room = figure.clientWidth - box.offsetWidth - 4;
        const before = x - 14 - box.offsetWidth; // on the point's left, where its right has no room
        box.style.left = `${Math.max(4, x + 14 <= room ? x + 14 : before >= 4 ? before : room)}px`;
        const above = y - box.offsetHeight - 14;
        const covers = x + 14 > room && before < 4; // then it would stand on its point
        box.style.top = `${above >= 2 ? above : Math.min(y + (covers ? 18 : 14), Math.max(figure.clientHeight - box.offsetHeight - 2, y + 14))}px`;
      },
      hide() { box.hidden = true; },
      get shown() { return !box.hidden; },
    };
  }

  return { content, spoken, tipIn, score, difference, overBaseline, counted, examples, range };
})();
