"""How the two charts are laid out, coloured and saved."""

import time
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.browser.conftest import show
from tests.browser.test_page import contrast

OVERLAPS = Path(__file__).with_name("overlaps.js")
COLOURS = """
    const figure = document.getElementById("scaling"), svg = figure.querySelector("svg");
    const colour = (name) => {
      const path = document.createElementNS(svg.namespaceURI, "path");
      path.setAttribute("class", `line ${name}`);
      svg.append(path);
      return getComputedStyle(path).stroke;
    };
    const slots = [0, 1, 2, 3, 4, 5].map((slot) => `slot${slot}`);
    return [getComputedStyle(figure).backgroundColor, ...[...slots, "other", "baseline"].map(colour)];
"""
"""The ground, then those of marks."""


@pytest.mark.parametrize("width", [366, 600])
def test_texts_never_overlap_or_leave_the_box(charts, width):
    charts.execute_script(
        "for (const plot of document.querySelectorAll('.plot')) plot.style.width = `${arguments[0]}px`", width
    )
    time.sleep(0.3)  # until the observer has told of it
    found = charts.execute_script(
        OVERLAPS.read_text(),
        width,
    )
    assert found[0] == []
    assert found[1] > 500


@pytest.mark.parametrize("dark", [False, True])
def test_marks_can_be_told_from_the_ground(chromium, charts_page, dark):
    chromium.get("about:blank")
    show(chromium, charts_page, dark=dark)
    ground, *marks = chromium.execute_script(COLOURS)
    ratios = [contrast(mark, ground) for mark in marks]
    assert min(ratios) >= 3
    assert min(ratios[:6]) >= 4.5  # names are written in these
    sizes = chromium.execute_script(
        "return [...document.querySelectorAll('.plot text')].map(t => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert min(sizes) >= 11


def test_it_is_drawn_for_the_width_it_has_and_for_paper(charts):
    wide = "return [...document.querySelectorAll('.plot svg')].map(s => s.viewBox.baseVal.width)"
    assert min(charts.execute_script(wide)) > 500
    charts.set_window_size(1280, 900)
    charts.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert charts.execute_script(wide) == [340, 340]
    charts.execute_script("dispatchEvent(new Event('afterprint'))")
    assert min(charts.execute_script(wide)) > 500


def test_a_chart_is_saved_as_it_is_seen(charts, downloads):
    for ending, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        charts.find_element(By.CSS_SELECTOR, f"#pareto [aria-label='Save this chart as {ending}']").click()
        path = downloads / f"pareto-go_emotions-16-labels-2400-price.{ending.lower()}"
        deadline = time.monotonic() + 10
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        content = path.read_bytes()
        path.unlink()
        assert content.startswith(start)
        if ending == "SVG":
            assert b"var(--" not in content
            assert b"tfidf_sgd" in content or b"TF-IDF" in content
