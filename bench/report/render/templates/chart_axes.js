"use strict";
/* Scales, ticks, and how numbers are written in charts. */
const chartAxes = (() => {
  /* From a domain to pixels; `log` needs a positive domain */
  function scale([low, high], [from, to], log = false) {
    const at = log ? Math.log : (value) => value;
    const span = at(high) - at(low) || 1;
    const place = (value) => from + ((at(value) - at(low)) / span) * (to - from);
    return Object.assign(place, { low, high, from, to, log });
  }

  function linearTicks(low, high, most) {
    const rough = (high - low) / Math.max(most, 1);
    const ten = 10 ** Math.floor(Math.log10(rough));
    const step = ten * [1, 2, 5, 10].find((each) => each * ten >= rough * 0.999);
    const ticks = [];
    for (let number = Math.ceil(low / step - 1e-9); number * step <= high + step * 1e-9; number += 1) {
      ticks.push(Number((number * step).toPrecision(12)));
    }
    return ticks;
  }

  const DURATIONS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000, 86400, 172800, 432000];
  /* 1, 2, 5 and their tens, or times as people count them. Round numbers come first, the others where they have room */
  function logCandidates(low, high, time) {
    const found = [];
    for (let ten = Math.floor(Math.log10(low)); ten <= Math.ceil(Math.log10(high)); ten += 1) {
      for (const [rank, step] of [[0, 1], [1, 2], [1, 5]]) found.push([rank, Number((step * 10 ** ten).toPrecision(6))]);
    }
    const times = DURATIONS.map((each) => [[1, 10, 60, 600, 3600, 36000, 86400].includes(each) ? 0 : 1, each]);
    const all = time ? [...found.filter(([, value]) => value < 1), ...times] : found;
    return all.filter(([, value]) => value >= low * 0.999 && value <= high * 1.001).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }
  /* Those of `ranked` ([rank, value], the first ones first) whose texts don't come nearer than `gap` pixels */
  function thinned(ranked, place, width, gap = 10) {
    const kept = [];
    for (const [, value] of ranked) {
      const free = kept.every((other) => Math.abs(place(value) - place(other)) >= (width(value) + width(other)) / 2 + gap);
      if (free) kept.push(value);
    }
    return kept.sort((a, b) => a - b);
  }

  const plain = (value, digits = 3) => Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 6 });
  const fixed = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const minus = (text) => text.replace("-", "−");

  /* A score, or a difference of scores, in the metric's own unit */
  const share = (value, unit, digits = 1) => (unit === "%" ? `${fixed(100 * value, digits)}\u00a0%` : fixed(value, digits + 2));
  const points = (value, unit) => {
    const text = unit === "%" ? fixed(100 * value, 1) : fixed(value, 3);
    return minus(`${value >= 0 ? "+" : ""}${text}`);
  };
  function tickShare(value, unit, step) {
    const shown = unit === "%" ? 100 * value : value;
    const digits = Math.max(0, Math.min(4, -Math.floor(Math.log10((unit === "%" ? 100 * step : step) * 1.0001))));
    return `${fixed(shown, digits)}${unit === "%" ? "\u00a0%" : ""}`;
  }

  function seconds(value) {
    if (value < 0.001) return "under 1 ms";
    if (value < 1) return `${plain(1000 * value, 2)}\u00a0ms`;
    if (value < 60) return `${plain(value, 2)}\u00a0s`;
    if (value < 3600) return `${plain(value / 60, 2)}\u00a0min`;
    if (value < 86400) return `${plain(value / 3600, 2)}\u00a0h`;
    return `${plain(value / 86400, 2)} days`;
  }

  /* What a point costs: its field, its name, how it is written, and whether more is better */
  function measures(currency) {
    const money = (value) => (currency ? `${plain(value, 2)} ${currency}` : plain(value, 2));
    return [
      { field: "price", name: "price of a training", short: "Price", text: money, least: "the cheapest", none: "no GPU" },
      { field: "train_seconds", name: "training time", short: "Training time", text: seconds, time: true, least: "the quickest to train", none: "untrained" },
      { field: "memory_gib", name: "memory in use", short: "Memory", text: (value) => `${plain(value, 2)} GiB`, least: "the smallest in memory" },
      { field: "texts_per_second", name: "texts a second", short: "Speed", more: true, least: "the fastest",
        text: (value) => plain(value, 2), full: (value) => `${plain(value, 2)} texts a second` },
      { field: "energy_wh", name: "energy", short: "Energy", text: (value) => `${plain(value, 2)} Wh`, least: "the most frugal" },
    ];
  }

  return { scale, linearTicks, logCandidates, thinned, plain, share, points, tickShare, seconds, measures };
})();
