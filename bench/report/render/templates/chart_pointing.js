"use strict";
/* Pointing at a chart: by mouse, by finger, by arrow keys; all of a chart is one tab stop. */
const chartPointing = (() => {
  const REACH = 26;

  function distance(x, y, [ax, ay], [bx, by]) {
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const along = length ? Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0;
    return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
  }
  /* The point that is meant: the nearest one, or the nearest of the line that is */
  function nearest({ spots, lines }, x, y) {
    let best = { spot: null, far: REACH };
    for (const spot of spots) {
      const far = Math.hypot(x - spot.x, y - spot.y) - 6; // a point before the lines that pass it
      if (far < best.far) best = { spot, far };
    }
    for (const { row, places } of lines) {
      for (let next = 1; next < places.length; next += 1) {
        const far = distance(x, y, places[next - 1], places[next]);
        if (far < best.far) {
          const own = spots.filter((spot) => spot.row === row);
          const spot = own.reduce((a, b) => (Math.abs(b.x - x) < Math.abs(a.x - x) ? b : a), own[0]);
          if (spot) best = { spot, far };
        }
      }
    }
    return best.spot;
  }

  function mark(chart, spot) {
    chart.spot = spot;
    const { svg } = chart.drawn;
    svg.classList.toggle("pointing", Boolean(spot));
    for (const node of all("[data-row]", svg)) node.classList.toggle("on", Boolean(spot) && node.dataset.row === spot.row);
    const ring = svg.querySelector(".ring");
    ring.setAttribute("visibility", spot ? "visible" : "hidden");
    if (!spot) return chart.tip.hide();
    ring.setAttribute("cx", spot.x);
    ring.setAttribute("cy", spot.y);
    const [from, to] = [svg.getBoundingClientRect(), chart.figure.getBoundingClientRect()];
    return chart.tip.show(chartTips.content(spot.point, chart), spot.x + from.left - to.left - chart.figure.clientLeft, spot.y + from.top - to.top - chart.figure.clientTop);
  }
  const same = (a, b) => a.row === b.row && a.point.size === b.point.size && a.point.text === b.point.text;
  /* After a redrawing, the same point is pointed at again */
  function again(chart) {
    const before = chart.spot;
    const { shown } = chart.tip;
    if (!before) return;
    mark(chart, chart.drawn.spots.find((spot) => same(spot, before)) || null);
    if (!shown) chart.tip.hide();
  }

  /* Arrow keys: along a row's sizes where it has several, else to the next point that way */
  function next(chart, key) {
    const { spots } = chart.drawn;
    const now = chart.spot || null;
    if (!spots.length) return null;
    if (!now) return spots.find((spot) => spot.row === chart.choice.row && spot.point.size === chart.choice.size) || spots[0];
    const sideways = key === "ArrowLeft" || key === "ArrowRight";
    const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    const own = chart.drawn.lines.length > 0 && spots.filter((spot) => spot.row === now.row).length > 1;
    const pool = sideways && own ? spots.filter((spot) => spot.row === now.row)
      : !sideways && chart.drawn.lines.length ? spots.filter((spot) => Math.abs(spot.x - now.x) < 1) : spots;
    const at = sideways ? "x" : "y";
    const ordered = [...pool].sort((a, b) => a[at] - b[at]);
    return ordered[ordered.findIndex((spot) => same(spot, now)) + sign] || now;
  }

  function listen(chart, pin) {
    const { plot } = chart;
    chart.tip = chartTips.tipIn(chart.figure);
    const said = make("div", null, "said");
    said.setAttribute("aria-live", "polite");
    chart.figure.append(said);
    plot.tabIndex = 0;
    plot.setAttribute("role", "application");
    plot.setAttribute("aria-roledescription", "chart");

    const spotAt = (event) => {
      const label = event.target.closest("text[data-row]");
      const { left, top } = chart.drawn.svg.getBoundingClientRect();
      const own = label && chart.drawn.spots.filter((spot) => spot.row === label.dataset.row);
      return own && own.length ? own[own.length - 1] : nearest(chart.drawn, event.clientX - left, event.clientY - top);
    };
    plot.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") mark(chart, spotAt(event)); });
    plot.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") mark(chart, null); });
    /* A click pins; a first tap shows, and a second one on the same point pins */
    plot.addEventListener("click", (event) => {
      const spot = spotAt(event);
      const shown = spot && chart.spot && same(spot, chart.spot);
      mark(chart, spot);
      if (spot && spot.row && (event.pointerType !== "touch" || shown)) pin(spot.row);
    });
    plot.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        /* First the box goes, then the pin */
        if (chart.spot && !chart.tip.shown && chart.pinned.includes(chart.spot.row)) pin(chart.spot.row);
        else if (chart.spot && chart.tip.shown) chart.tip.hide();
        else mark(chart, null);
        event.preventDefault();
      } else if (event.key.startsWith("Arrow")) {
        mark(chart, next(chart, event.key));
        if (chart.spot) said.textContent = chartTips.spoken(chartTips.content(chart.spot.point, chart));
        event.preventDefault();
      } else if ((event.key === "Enter" || event.key === " ") && chart.spot && chart.spot.row) {
        pin(chart.spot.row);
        said.textContent = `${chart.names.get(chart.spot.row)} is ${chart.pinned.includes(chart.spot.row) ? "pinned" : "no longer pinned"}.`;
        event.preventDefault();
      }
    });
    plot.addEventListener("blur", () => mark(chart, null));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && chart.spot && !plot.contains(document.activeElement)) mark(chart, null); });
  }

  return { listen, again };
})();
