"use strict";
/* What stands above a chart: its switches, and the buttons that save it as it is seen. */
const chartSave = (() => {
  const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linejoin", "opacity",
    "paint-order", "font-size", "font-family", "font-weight", "visibility"];
  /* The drawing with its colours written into it, on its own ground: outside the page there is no style sheet */
  function standing(chart) {
    const { svg } = chart.drawn;
    const copy = svg.cloneNode(true);
    const [from, to] = [[svg, ...all("*", svg)], [copy, ...all("*", copy)]];
    from.forEach((node, index) => {
      const seen = getComputedStyle(node);
      to[index].setAttribute("style", KEPT.map((name) => `${name}:${seen.getPropertyValue(name)}`).join(";"));
    });
    const ground = document.createElementNS(svg.namespaceURI, "rect");
    ground.setAttribute("width", "100%");
    ground.setAttribute("height", "100%");
    ground.setAttribute("fill", getComputedStyle(chart.figure).backgroundColor);
    copy.prepend(ground);
    return new XMLSerializer().serializeToString(copy);
  }
  function give(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  const named = (chart, ending) => `${chart.drawn.name.replace(/[^\w.-]+/g, "_")}.${ending}`;
  const saveSvg = (chart) => give(new Blob([standing(chart)], { type: "image/svg+xml" }), named(chart, "svg"));
  async function savePng(chart) {
    const picture = new Image();
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standing(chart))}`;
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width * 2, picture.height * 2];
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => give(blob, named(chart, "png")), "image/png");
  }

  function button(text, press, name) {
    const node = make("button", text);
    node.type = "button";
    if (name) node.setAttribute("aria-label", name);
    node.addEventListener("click", press);
    return node;
  }
  function toggle(chart, option, text) {
    const node = button(text, () => { chart.options[option] = !chart.options[option]; chart.redraw(); });
    node.dataset.option = option;
    node.setAttribute("aria-pressed", String(Boolean(chart.options[option])));
    return node;
  }
  function select(chart, option, text, values) {
    const label = make("label", `${text} `);
    const node = make("select");
    for (const [value, name] of values) node.append(Object.assign(make("option", name), { value }));
    node.value = chart.options[option];
    node.dataset.option = option;
    node.addEventListener("change", () => { chart.options[option] = node.value; chart.redraw(); });
    label.append(node);
    return label;
  }
  /* Replaced at each drawing; the focus stays on what it was on */
  function tools(chart, box, switches) {
    const saves = make("span", null, "saves");
    saves.append(
      button("SVG", () => saveSvg(chart), "Save this chart as SVG"),
      button("PNG", () => savePng(chart), "Save this chart as PNG"),
    );
    const before = all("button, select", box).indexOf(document.activeElement);
    box.replaceChildren(...switches, saves);
    if (before >= 0) all("button, select", box)[before]?.focus();
  }
  return { tools, toggle, select };
})();
