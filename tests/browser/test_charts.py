"""The two interactive charts, as a reader's browser has them."""

import json

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.charts import CHARTS, choose_axis, points_at, press, seen, tip
from tests.browser.conftest import requests


def test_charts_load_nothing_and_say_what_they_show(charts, charts_page):
    assert [url for url in requests(charts) if not url.startswith("data:")] == [charts_page.as_uri()]
    scaling, pareto = seen(charts, "scaling"), seen(charts, "pareto")
    assert scaling["name"].startswith("With 16 labels, ")
    assert "with 800 examples to" in scaling["name"]
    assert "; tfidf_sgd ends at" in scaling["name"].replace("TF-IDF", "tfidf_sgd")
    assert pareto["name"].startswith("With 16 labels and 2,400 examples, from the cheapest on")
    for chart in CHARTS:
        figure = charts.find_element(By.ID, chart)
        assert figure.find_element(By.CSS_SELECTOR, ".finding").text == seen(charts, chart)["name"].replace("\xa0", " ")


def test_the_baseline_and_at_most_four_rows_stand_out(charts):
    told = {row: look for row, look in seen(charts, "scaling")["series"] if "other" not in look}
    assert told.pop("tfidf_sgd") == "series baseline"
    assert 1 <= len(told) <= 4
    assert len(set(told.values())) == len(told)  # each with a colour and a mark of its own
    assert any("other" in look for _, look in seen(charts, "scaling")["series"])
    widths = charts.execute_script(
        "return ['.baseline', '.slot1', '.other'].map(c => { const s = getComputedStyle(document.querySelector("
        "`#scaling ${c} .line:not(.gap)`)); return [parseFloat(s.strokeWidth), s.strokeDasharray] })"
    )
    assert widths[0][0] > widths[1][0] > widths[2][0]
    assert widths[0][1] != "none"
    assert widths[1][1] == widths[2][1] == "none"


def test_what_is_missing_is_not_drawn_over(charts):
    drawn = seen(charts, "scaling")
    assert drawn["gaps"] == 1  # BERT failed between two sizes
    assert drawn["hollow"] == 1  # Gemma lacks a seed at one
    assert sum("untrained" in look for _, look in drawn["series"]) == 3


def test_pointing_shows_values_inside_the_figure(charts):
    for chart in CHARTS:
        spots = charts.execute_script(
            """
            const box = document.querySelector(`#${arguments[0]} .plot`);
            const figure = document.getElementById(arguments[0]).getBoundingClientRect();
            return [...box.querySelectorAll(".series path.mark")].map((mark) => {
              const m = mark.getBoundingClientRect();
              const at = { clientX: m.left + m.width / 2, clientY: m.top + m.height / 2, pointerType: "mouse" };
              box.dispatchEvent(new PointerEvent("pointermove", at));
              const tip = document.querySelector(`#${arguments[0]} .tip`), t = tip.getBoundingClientRect();
              const [f, beside] = [figure, t.left >= figure.left && t.right <= figure.right];
              const inside = beside && t.top >= f.top && t.bottom <= f.bottom;
              return [tip.hidden, inside, tip.textContent];
            });
            """,
            chart,
        )
        assert len(spots) > 5
        assert all(not hidden and inside for hidden, inside, _ in spots)
        assert any("points (" in text and "significant" in text and "2 seeds" in text for _, _, text in spots)
        assert any("price" in text and "training time" in text for _, _, text in spots)


def test_arrow_keys_reach_points_enter_pins_and_escape_lets_go(charts, charts_page):
    study = json.loads(charts_page.with_name("report.json").read_text())["data_sets"][0]
    press(charts, "scaling", Keys.ARROW_RIGHT)
    first = tip(charts, "scaling")
    assert "2,400 training examples" in first  # the recommended row at the chosen size
    press(charts, "scaling", Keys.ARROW_LEFT)
    assert tip(charts, "scaling").split(",")[0] == first.split(",")[0]
    assert "2,400 training examples" not in tip(charts, "scaling")
    grey = set()
    for _ in study["rows"]:  # from the best one there to the worst, each of them at one time
        press(charts, "scaling", Keys.ARROW_DOWN)
        ((row, look),) = [line for line in seen(charts, "scaling")["series"] if line[1].endswith(" on")]
        if "other" in look:
            grey.add(row)
            break
    assert grey
    assert charts.find_element(By.CSS_SELECTOR, "#scaling .said").get_attribute("textContent").startswith(row)
    press(charts, "scaling", Keys.ENTER)
    for chart in CHARTS:  # the whole page knows of it
        assert "slot" in dict(seen(charts, chart)["series"])[row]
    press(charts, "scaling", Keys.ESCAPE)
    assert tip(charts, "scaling") == ""
    press(charts, "scaling", Keys.ESCAPE)
    assert "other" in dict(seen(charts, "scaling")["series"])[row]
    stops = charts.execute_script(
        "return document.querySelectorAll('.chart .plot[tabindex], .chart svg [tabindex]').length"
    )
    assert stops == 2


def test_a_click_pins_and_a_filter_leaves_rows_out(charts):
    clicked = charts.execute_script(
        """
        const mark = document.querySelector("#pareto .dominated .mark"), m = mark.getBoundingClientRect();
        const at = { clientX: m.left + 3, clientY: m.top + 3, pointerType: arguments[0], bubbles: true };
        const row = mark.parentElement.dataset.row;
        mark.dispatchEvent(new PointerEvent("click", at));
        return row;
        """,
        "mouse",
    )
    assert "slot" in dict(seen(charts, "scaling")["series"])[clicked]
    charts.execute_script(
        "document.dispatchEvent(new CustomEvent('rows', {detail: {pinned: [], shown: ['minilm linear_probe']}}))"
    )
    for chart in CHARTS:
        assert {row for row, _ in seen(charts, chart)["series"]} == {"tfidf_sgd", "minilm linear_probe"}


def test_a_tap_shows_and_a_second_one_pins(charts):
    tap = """
        const row = window.tapped || document.querySelector("#pareto .dominated").dataset.row;
        window.tapped = row;
        const mark = document.querySelector(`#pareto [data-row="${row}"] .mark`), m = mark.getBoundingClientRect();
        const at = { clientX: m.left + 3, clientY: m.top + 3, pointerType: "touch", bubbles: true };
        mark.dispatchEvent(new PointerEvent("click", at));
        return row;
    """
    row = charts.execute_script(tap)
    assert "2 seeds" in tip(charts, "pareto")
    assert "dominated" in dict(seen(charts, "pareto")["series"])[row]
    assert charts.execute_script(tap) == row
    assert "slot" in dict(seen(charts, "pareto")["series"])[row]


def test_switches_change_the_axes(charts):
    assert seen(charts, "scaling")["published"] == 0
    charts.find_element(By.CSS_SELECTOR, "#scaling [data-option=published]").click()
    assert seen(charts, "scaling")["published"] > 0
    assert "Published: 1 " in charts.find_element(By.CSS_SELECTOR, "#scaling .notes-of-chart").text
    charts.find_element(By.CSS_SELECTOR, "#scaling [data-option=log]").click()
    assert "error (log axis, better is up)" in seen(charts, "scaling")["ticks"]
    pressed = charts.execute_script(
        "return [...document.querySelectorAll('#scaling [aria-pressed]')].map(b => b.ariaPressed)"
    )
    assert pressed == ["true", "true"]


def test_every_known_cost_is_an_axis_and_a_ceiling_is_a_line(charts, charts_page):
    options = charts.execute_script("return [...document.querySelector('#pareto select').options].map(o => o.value)")
    assert options == ["price", "train_seconds", "memory_gib", "texts_per_second", "energy_wh"]
    assert seen(charts, "pareto")["beyond"] == 0
    ceiling = charts.execute_script(
        "return [...document.querySelectorAll('#controls [data-value]')].map(b => b.dataset.value)"
        ".find(v => v.startsWith('price:'))"
    )
    charts.execute_script("document.querySelector(`#controls [data-value='${arguments[0]}']`).click()", ceiling)
    limited = seen(charts, "pareto")
    dear = {p["row"] for p in points_at(charts_page, 16, 2400) if (p["price"] or 0) > float(ceiling.split(":")[1])}
    assert limited["beyond"] == 1
    assert {row for row, look in limited["series"] if look.endswith(" out")} == dear != set()


@pytest.mark.parametrize("axis", ["price", "train_seconds", "texts_per_second"])
def test_the_front_is_that_of_the_points(charts, charts_page, axis):
    choose_axis(charts, axis)
    dominated = {row for row, look in seen(charts, "pareto")["series"] if "dominated" in look}
    here = [point for point in points_at(charts_page, 16, 2400) if point["mean"] is not None]
    sign = -1 if axis == "texts_per_second" else 1

    def cost(point):
        free = axis == "price" and point["gpu"] is False
        return 0 if free else None if point[axis] is None else sign * point[axis]

    known = [(cost(point), point["mean"], point["row"]) for point in here if cost(point) is not None]
    beaten = {
        row
        for price, mean, row in known
        if any(other <= price and better >= mean and (other, better) != (price, mean) for other, better, _ in known)
    }
    assert dominated <= beaten
    coloured = {row for row, look in seen(charts, "pareto")["series"] if "slot" in look or "baseline" in look}
    assert beaten <= dominated | coloured
    assert beaten & dominated
