"use strict";
/* The strip on top of a page that `bench watch` serves. It asks the server how far the sweep is, and shows the page anew
   when that was drawn again: what the reader chose, had opened and looked at stays. */
(() => {
  const LOOK = 3000; // milliseconds
  const KEPT = "bench-watch";
  const strip = document.getElementById("watch");
  const part = (name) => strip.querySelector(`.watch-${name}`);
  const shown = strip.dataset.page;
  // functions of the page's own scripts, which come later; a page that waits for its first report has none
  const ofPage = (name) => (typeof window[name] === "function" ? window[name] : () => null);
  const number = (count) => count.toLocaleString("en");

  /* What sticks to the top sticks below the strip, whose height changes */
  new ResizeObserver(() => {
    const height = getComputedStyle(strip).position === "sticky" ? strip.offsetHeight : 0;
    document.documentElement.style.setProperty("--strip", `${height}px`);
  }).observe(strip);

  /* What the server says */
  function showCounts({ cells, done, running, failed, left, states }) {
    const others = ["done", "running", "interrupted", "pruned", "missing"];
    const how = Object.entries(states).filter(([name]) => !others.includes(name));
    const names = how.map(([name, count]) => (how.length === 1 ? name : `${number(count)} ${name}`));
    const kinds = names.length ? ` (${names.join(", ")})` : "";
    part("counts").textContent = `${number(done)} of ${number(cells)} cells done, ${number(running)} running, `
      + `${number(failed)} failed${kinds}, ${states.pruned ? `${number(states.pruned)} pruned, ` : ""}${number(left)} left`;
    for (const [name, count] of Object.entries({ done, running, failed })) part(name).style.width = `${(100 * count) / cells}%`;
  }
  function showWhere({ where, running }) {
    const box = part("where");
    box.hidden = where.length === 0;
    box.querySelector("summary").textContent = "What runs where";
    const lines = where.map(({ cell, where: place }) => {
      const line = document.createElement("li");
      line.textContent = `${cell}: ${place}`;
      return line;
    });
    if (running > where.length) {
      lines.push(document.createElement("li"));
      lines[lines.length - 1].textContent = `and ${number(running - where.length)} more`;
    }
    box.querySelector("ul").replaceChildren(...lines);
  }
  function show(status) {
    if (status.cells) {
      showCounts(status);
      showWhere(status);
      const drawing = status.drawing ? "; the report is being drawn" : "";
      part("time").textContent = `${status.seconds_left ? "Left: " : ""}${status.time_left}${drawing}`;
    }
    say(status.error || "");
    if (status.page && status.page !== shown) offer();
  }
  function say(text) {
    if (part("said").textContent !== text) part("said").textContent = text;
  }

  /* A page that was drawn again */
  function isBusy() {
    const typed = [...document.querySelectorAll("main input:not([type=checkbox])")].some((input) => input.value !== "");
    return typed || document.querySelector("dialog[open]") !== null || String(getSelection()) !== "";
  }
  function offer() {
    if (part("auto").firstElementChild.checked && !isBusy()) return reload();
    part("new").hidden = false;
  }
  const pressed = () => [...document.querySelectorAll(".chip[aria-pressed=true]")]; // the rows that are shown (rows.js)
  const chipName = (chip) => `${chip.parentElement.getAttribute("aria-label")}: ${chip.textContent}`;
  const innerName = (inner) => inner.closest(".table").querySelector("[id]").id;
  const headerTop = () => document.querySelector("body > header").getBoundingClientRect().top; // the strip's height changes
  function reload() {
    const kept = {
      chips: pressed().map(chipName),
      top: headerTop(),
      inner: [...document.querySelectorAll("details[open].inner")].map(innerName),
      rows: Boolean(document.getElementById("rows") && document.getElementById("rows").open),
      open: [...document.querySelectorAll("details.fold[open]")].map(({ id }) => id),
      choice: document.getElementById("card") && ofPage("written")(),
    };
    try { sessionStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* without storage it begins on top */ }
    location.reload();
  }
  function taken() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT));
      sessionStorage.removeItem(KEPT);
      return kept;
    } catch { return null; }
  }
  const painted = () => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
  async function restore(kept) {
    history.scrollRestoration = "manual";
    // an address that names a section says nothing of the choice
    const isSilent = kept.choice && document.getElementById("card") && !/^#\w=/.test(location.hash);
    if (isSilent && ofPage("read")(kept.choice)) ofPage("show")(false);
    for (const chip of document.querySelectorAll(".chip[aria-pressed=false]")) {
      if (kept.chips.includes(chipName(chip))) chip.click();
    }
    for (const id of kept.open) {
      const fold = document.getElementById(id);
      if (fold) await ofPage("openFold")(fold);
    }
    for (const name of kept.inner || []) {
      const box = [...document.querySelectorAll("details.inner")].find((one) => innerName(one) === name);
      if (box) box.open = true;
    }
    const rows = document.getElementById("rows");
    if (rows && kept.rows) rows.open = true;
    await painted();
    scrollBy({ top: headerTop() - kept.top, behavior: "instant" });
    history.scrollRestoration = "auto";
    strip.dataset.restored = "true";
  }

  /* Every few seconds, while somebody can see it */
  let waiting = null;
  async function look() {
    clearTimeout(waiting);
    if (document.hidden) return;
    try {
      const answer = await fetch("status.json", { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      show(await answer.json());
    } catch {
      say("bench watch does not answer: what stands here is from before.");
    }
    clearTimeout(waiting);
    waiting = setTimeout(look, LOOK);
  }
  document.addEventListener("visibilitychange", look);
  part("new").addEventListener("click", reload);
  const auto = part("auto").firstElementChild;
  try { auto.checked = localStorage.getItem(KEPT) !== "by hand"; } catch { /* as it is at first */ }
  auto.addEventListener("change", () => {
    try { localStorage.setItem(KEPT, auto.checked ? "by itself" : "by hand"); } catch { /* not remembered */ }
    if (auto.checked && !part("new").hidden) reload();
  });
  const kept = taken();
  if (kept) addEventListener("load", () => restore(kept));
  look();
})();
