"""Rows and metrics are chosen for the whole page; on a phone a table has one column at a time."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from bench.report.options import ReportOptions
from bench.report.page import write_report
from tests.browser.conftest import show
from tests.report import studies

NAMES = {
    "llama3_2_1b": "Llama", "qwen2_5_1_5b": "Qwen", "gpt2_xl": "GPT", "gemma3_1b": "Gemma", "bert_base": "BERT",
    "minilm": "Mini", "qlora": "QLoRA", "linear_probe": "probe", "zero_shot": "zero-shot",
}  # fmt: skip
FIRST_COLUMN = (
    "return [...document.querySelectorAll('#scaling-curves .table')].filter(t => !t.hidden)[0]"
    ".querySelectorAll('tbody tr:not([hidden]) th')"
)
SHOWN = f"return [...(() => {{ {FIRST_COLUMN} }})()].map(h => h.innerText.replace(' baseline', ''))"
TABLE = "[...document.querySelectorAll('#scaling-curves .table')].filter(t => !t.hidden)[0]"
"""The first table of results."""
HEADS = (
    "[...arguments[0].querySelectorAll('thead th')].filter(c => c.getClientRects().length)"
    ".map(c => [c.innerText.trim(), Math.round(c.getBoundingClientRect().right)])"
)


@pytest.fixture(scope="module")
def named_page(tmp_path_factory) -> Path:
    """The main experiment with the names that people use."""
    root = tmp_path_factory.mktemp("named")
    cells = studies.go_emotions_grid(root / "results", num_labels=(2, 4), seeds=(0, 1))
    named = [
        replace(cell, names=(f"{NAMES[cell.model]}, {NAMES[cell.method]}" if cell.method else "Words", "Feelings"))
        for cell in cells
    ]
    return write_report(named, root / "report", ReportOptions("go_emotions_grid"))


@pytest.fixture
def wide(chromium, named_page):
    chromium.get("about:blank")
    show(chromium, named_page, dark=False)
    yield chromium
    assert chromium.get_log("browser") == []


@pytest.fixture
def narrow(chromium, named_page):
    chromium.get("about:blank")
    show(chromium, named_page, dark=False, width=390)
    yield chromium
    assert chromium.get_log("browser") == []


def press(driver, text: str) -> None:
    driver.execute_script(
        "document.querySelector('#rows').open = true;"
        "[...document.querySelectorAll('.chip')].find(c => c.textContent === arguments[0]).click()", text
    )  # fmt: skip


def test_chips_choose_rows_for_charts_and_tables(wide):
    assert wide.execute_script("return document.querySelector('#rows summary').innerText") == "Rows: all 8"
    everything = wide.execute_script(SHOWN)
    assert len(everything) == 8
    press(wide, "QLoRA")
    press(wide, "Qwen")
    press(wide, "BERT")
    assert wide.execute_script(SHOWN) == ["tfidf_sgd", "qwen2_5_1_5b qlora", "bert_base qlora"]
    assert wide.execute_script("return document.querySelector('#rows summary').innerText") == "Rows: 3 of 8"
    drawn = "return [...document.querySelectorAll('#scaling svg g.series')].map(s => s.dataset.row)"
    assert set(wide.execute_script(drawn)) == {"tfidf_sgd", "qwen2_5_1_5b qlora", "bert_base qlora"}
    press(wide, "Show all")
    assert wide.execute_script(SHOWN) == everything
    assert wide.execute_script("return document.querySelectorAll('.chip[aria-pressed=true]').length") == 0


def test_the_filter_of_a_table_is_within_the_chosen_rows(wide):
    press(wide, "QLoRA")
    wide.execute_script(
        "const t = [...document.querySelectorAll('#scaling-curves .table')].filter(t => !t.hidden)[0];"
        "const i = t.querySelector('input'); i.value = 'l'; i.dispatchEvent(new Event('input'))"
    )
    assert not [row for row in wide.execute_script(SHOWN) if "probe" in row or "zero" in row]
    press(wide, "Show all")
    assert [row for row in wide.execute_script(SHOWN) if "probe" in row]


def test_best_rows_and_tables_of_labels_stay_whole(wide):
    count = "return document.querySelectorAll('#the-answer .table tbody tr:not([hidden])').length"
    before = wide.execute_script(f"{count.replace('.table', '.table:first-of-type')}")
    press(wide, "probe")
    best = "return [...document.querySelectorAll('h3')].find(h => h.textContent.startsWith('Best rows'))"
    lines = wide.execute_script(f"{best}.parentElement.querySelectorAll('tbody tr:not([hidden])').length")
    assert lines == 6
    assert before >= lines


def test_the_metric_can_be_changed_further_down(wide):
    wide.execute_script("document.querySelector('#ranks').scrollIntoView()")
    top = "return document.querySelector('#filters').getBoundingClientRect().top"
    WebDriverWait(wide, 10).until(lambda driver: driver.execute_script(top) == 0)  # it stays in view
    wide.execute_script("document.querySelector('#filters [data-choose=test_loss]').click()")
    pressed = wide.execute_script(
        "return [...document.querySelectorAll('[data-choose][aria-pressed=true]')].map(b => b.textContent)"
    )
    assert pressed == ["Loss", "Loss"], "both switches"
    wide.execute_script("document.querySelector('[data-choose=test_accuracy]').click()")


def heads_in_view(driver, table: str) -> list[list]:
    """Of a table: text and right edge of each head that is shown."""
    return driver.execute_script(f"return ((...arguments) => {HEADS})({table})")


def test_a_phone_has_the_name_and_one_column(narrow):
    heads = heads_in_view(narrow, TABLE)
    assert [text for text, _ in heads] == ["training examples", "2,400"], "the largest size first"
    assert heads[-1][1] <= 390
    narrow.execute_script(
        f"const s = {TABLE}.querySelector('select'); s.value = 1; s.dispatchEvent(new Event('change'))"
    )
    assert [text for text, _ in heads_in_view(narrow, TABLE)] == ["training examples", "800"]


def test_a_phone_shows_what_a_line_is_of(narrow):
    best = "[...document.querySelectorAll('h3')].find(h => h.textContent.startsWith('Best rows')).parentElement"
    heads = heads_in_view(narrow, best)
    assert [text for text, _ in heads] == ["labels", "training examples", "best row", "accuracy [95 %]"]
    assert heads[-1][1] <= 390


def test_a_phone_shows_what_changed_and_both_sides(chromium, compare_page):
    show(chromium, compare_page, dark=False, width=390)
    named = "[...document.querySelectorAll('h3')].find(h => h.textContent.startsWith('%s')).parentElement"
    points = heads_in_view(chromium, named % "All points")
    assert [text for text, _ in points] == ["row", "labels", "training examples", "verdict"]
    assert points[-1][1] <= 390
    assert [text for text, _ in heads_in_view(chromium, named % "Versions")] == ["what", "A", "B"]
    rows = heads_in_view(chromium, named % "Rows")
    assert [text for text, _ in rows] == ["row", "mean difference [95 % interval]"]


def test_a_cut_edge_fades_until_the_end_is_reached(narrow):
    box = "document.querySelector('#scaling-curves .drawing')"
    WebDriverWait(narrow, 10).until(lambda d: d.execute_script(f"return {box}.classList.contains('cut')"))
    narrow.execute_script(f"{box}.scrollLeft = 100000")
    WebDriverWait(narrow, 10).until(lambda d: not d.execute_script(f"return {box}.classList.contains('cut')"))


def test_all_comparisons_are_closed_until_they_are_asked_for(chromium, named_page):
    chromium.get("about:blank")
    show(chromium, named_page, dark=False, closed=True)
    chromium.execute_async_script("openFold(folds[0]).then(arguments[arguments.length - 1])")
    inner = "document.querySelector('details.inner')"
    assert chromium.execute_script(f"return {inner}.innerText.trim()") == "All 42 comparisons"
    lines = f"return [...{inner}.querySelectorAll('tbody tr')].filter(l => l.checkVisibility()).length"
    assert chromium.execute_script(lines) == 0
    chromium.execute_script(f"{inner}.querySelector('summary').click()")
    assert chromium.execute_script(lines) == 42


def test_strips_are_where_their_numbers_are(wide):
    found = wide.execute_script(
        f"return [...{TABLE}.querySelectorAll('tbody td')].map(c => [c.innerText, c.querySelector('.strip')])"
        ".filter(([, s]) => s).map(([t, s]) => [t, ...['--l', '--m', '--h']"
        ".map(n => parseFloat(s.style.getPropertyValue(n)))])"
    )
    assert len(found) > 15
    ends = [tuple(map(float, re.match(r"([\d.]+) \[([\d.]+), ([\d.]+)\]", text).groups())) for text, *_ in found]
    low, high = min(end[1] for end in ends), max(end[2] for end in ends)
    for (mean, left, right), (_, *places) in zip(ends, found, strict=True):
        wanted = [100 * (one - low) / (high - low) for one in (left, mean, right)]
        assert places == pytest.approx(wanted, abs=1)
