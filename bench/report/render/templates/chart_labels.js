"use strict";
/* Where labels stand: never on each other, never outside. */
const chartLabels = (() => {
  const pen = document.createElement("canvas").getContext("2d");
  /* Of `text` in pixels, a little more than it takes */
  function width(text, size = 12, weight = 400) {
    pen.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
    return pen.measureText(text).width * 1.02 + 1;
  }

  /* `text` in at most `lines` lines of at most `room` pixels, broken after a comma or between words, cut where it must */
  function wrapped(text, room, { size = 12, weight = 400, lines = 2 } = {}) {
    const made = [];
    let rest = text;
    while (rest && made.length < lines) {
      const last = made.length === lines - 1;
      if (width(rest, size, weight) <= room) { made.push(rest); break; }
      if (last) { made.push(cut(rest, room, size, weight)); break; }
      const ends = [...rest.matchAll(/[ ,_/-]+/g)].map((found) => found.index + found[0].length);
      const fitting = ends.filter((end) => end < rest.length && width(rest.slice(0, end).trimEnd(), size, weight) <= room);
      const comma = fitting.filter((end) => /,\s*$/.test(rest.slice(0, end)));
      const end = (comma.length ? comma : fitting).pop();
      if (end === undefined) { made.push(cut(rest, room, size, weight)); break; }
      made.push(rest.slice(0, end).trimEnd());
      rest = rest.slice(end);
    }
    return made;
  }
  function cut(text, room, size, weight) {
    if (width(text, size, weight) <= room) return text;
    const letters = [...text];
    while (letters.length > 1 && width(`${letters.join("")}…`, size, weight) > room) letters.pop();
    return `${letters.join("").trimEnd()}…`;
  }

  /* Blocks of a column, each as near to its wish as the others allow: {wish, height, rank} -> {..., top}. Those of the
     highest rank go where not all have room */
  function column(blocks, top, bottom) {
    let kept = [...blocks];
    const sum = () => kept.reduce((all, block) => all + block.height, 0);
    while (kept.length && sum() > bottom - top) {
      const worst = kept.reduce((a, b) => (b.rank >= a.rank ? b : a));
      kept = kept.filter((block) => block !== worst);
    }
    kept.sort((a, b) => a.wish - b.wish || a.rank - b.rank);
    /* Neighbours that would overlap move as one, centred on the mean of their wishes */
    const runs = [];
    for (const block of kept) {
      runs.push({ blocks: [block], height: block.height, middle: block.wish });
      while (runs.length > 1) {
        const [before, after] = runs.slice(-2);
        if (place(before) + before.height <= place(after)) break;
        const all = before.blocks.length + after.blocks.length;
        const middle = (before.middle * before.blocks.length + after.middle * after.blocks.length) / all;
        runs.splice(-2, 2, { blocks: [...before.blocks, ...after.blocks], height: before.height + after.height, middle });
      }
    }
    function place(run) { return Math.min(Math.max(run.middle - run.height / 2, top), bottom - run.height); }
    return runs.flatMap((run) => {
      let at = place(run);
      return run.blocks.map((block) => { const made = { ...block, top: at }; at += block.height; return made; });
    });
  }

  const overlap = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left))
    * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const box = (left, top, wide, high) => ({ left, top, right: left + wide, bottom: top + high });
  const DIRECTIONS = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, -1], [1, 1], [-1, 1]];
  const FAR = [0, 12, 26, 44, 66, 92, 120];

  /* Labels beside points, the first ones first: {x, y, wide, high, radius} -> {..., left, top, far}, or no place at all.
     Other labels, `texts` and the frame are never touched; `marks` (boxes) only where nothing else is left, and near beats far */
  function beside(wanted, frame, marks, texts = []) {
    const taken = [...texts];
    return wanted.map((label) => {
      let best = null;
      for (const far of FAR) {
        for (const [right, down] of DIRECTIONS) {
          const away = label.radius + 4 + far;
          const left = label.x + right * (right && down ? away * 0.75 : away) + (right - 1) * label.wide / 2;
          const top = label.y + down * (right && down ? away * 0.75 : away) + (down - 1) * label.high / 2;
          const here = box(left, top, label.wide, label.high);
          const outside = left < frame.left || top < frame.top || here.right > frame.right || here.bottom > frame.bottom;
          if (outside || taken.some((other) => overlap(here, other) > 0)) continue;
          const cost = far * 4 + marks.reduce((all, mark) => all + overlap(here, mark) * (mark.weight || 1), 0);
          if (!best || cost < best.cost) best = { cost, far, here };
        }
      }
      if (!best) return { ...label, left: null };
      taken.push(best.here);
      return { ...label, left: best.here.left, top: best.here.top, far: best.far };
    });
  }

  return { width, wrapped, column, beside, box };
})();
