"""The report's page, as a reader's browser has it."""

import csv
import io
import itertools
import re
import time

import pytest
from selenium.webdriver.common.by import By

from bench.report.render.html import SCRIPTS
from tests.browser.conftest import NASTY, requests, show

FIRST = "document.querySelector('.table[data-metric=test_accuracy]')"
"""The first table of results."""
LINES = (
    f"return [...{FIRST}.querySelectorAll('tbody tr')].filter(r => !r.hidden)"
    ".map(r => [...r.cells].map(c => c.innerText))"
)


def lines(browser) -> list[list[str]]:
    return browser.execute_script(LINES)


def click(browser, selector: str) -> None:
    browser.execute_script("document.querySelector(arguments[0]).click()", selector)


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 390)])
@pytest.mark.parametrize("which", ["page", "compare_page"])
def test_it_loads_from_disk_without_an_error_or_a_request(chromium, request, which, dark, width):
    page = request.getfixturevalue(which)
    show(chromium, page, dark=dark, width=width)
    assert chromium.get_log("browser") == []
    asked = requests(chromium)
    assert [url for url in asked if not url.startswith("data:image/png")] == [page.as_uri()]
    assert chromium.execute_script("return document.documentElement.scrollWidth") <= width


def test_text_from_data_is_text(browser):
    assert browser.title == f"go_emotions_grid {NASTY}"
    assert browser.find_element(By.TAG_NAME, "h1").text.startswith(
        "Sorting go_emotions and =odd|</script>: which model"
    )
    assert NASTY in browser.find_element(By.CLASS_NAME, "context").text
    assert browser.execute_script("return document.querySelectorAll('img').length") == 0
    run = "return [...document.scripts].filter(s => !s.type).length"
    assert browser.execute_script(run) == len(SCRIPTS)
    assert browser.execute_script(
        "return [...document.querySelectorAll('svg text')].some(t => t.textContent.includes('<script>'))"
    )


def test_every_figure_has_a_text_alternative(browser):
    names = browser.execute_script(
        "return [...document.querySelectorAll('figure svg')]"
        ".map(s => [s.getAttribute('role'), s.getAttribute('aria-label')])"
    )
    assert len(names) > 30
    assert all(role == "img" and len(name) > 20 for role, name in names)
    ids = browser.execute_script("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_headings_are_in_order_and_the_contents_lead_to_them(browser):
    levels = browser.execute_script(
        "return [...document.querySelectorAll('h1, main h2, main h3')].map(h => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    links = browser.execute_script("return [...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))")
    assert len(links) > 20
    assert browser.execute_script("return arguments[0].every(l => document.querySelector(l))", links)


def test_tables_sort_and_the_baseline_stays(browser):
    before = lines(browser)
    assert before[0][0].startswith("tfidf_sgd")
    click(browser, ".table[data-metric=test_accuracy] thead th:nth-child(2) button")
    once = lines(browser)
    numbers = [float(line[1].split()[0]) for line in once[1:]]
    assert numbers == sorted(numbers, reverse=True)
    click(browser, ".table[data-metric=test_accuracy] thead th:nth-child(2) button")
    numbers = [float(line[1].split()[0]) for line in lines(browser)[1:]]
    assert numbers == sorted(numbers)
    assert once[0] == lines(browser)[0] == before[0]
    click(browser, ".table[data-metric=test_accuracy] thead th:nth-child(1) button")
    names = [line[0] for line in lines(browser)[1:]]
    assert names == sorted(names)


def test_the_baseline_is_seen_wherever_a_table_is_scrolled(browser):
    gap = browser.execute_script(f"""
        const box = {FIRST}.querySelector(".scroll");
        box.style.maxHeight = "120px";
        box.scrollTop = 1000;
        const line = box.querySelector(".pinned").cells[0].getBoundingClientRect();
        const top = box.getBoundingClientRect().top;
        return [line.top - top, line.bottom - top, box.scrollTop];
    """)
    assert 0 <= gap[0] < gap[1] <= 120
    assert gap[2] > 0


def test_tables_filter_and_the_csv_is_what_is_shown(browser, downloads):
    field = browser.find_element(By.CSS_SELECTOR, ".table[data-metric=test_accuracy] input")
    field.send_keys("QWEN qlora")
    shown = lines(browser)
    assert [line[0].split("\n")[0] for line in shown] == ["tfidf_sgd", "qwen2_5_1_5b qlora"]
    assert "1 of 7 lines" in browser.find_element(By.CSS_SELECTOR, ".table[data-metric=test_accuracy] .count").text
    click(browser, ".table[data-metric=test_accuracy] .csv")
    found = list(csv.reader(io.StringIO(downloaded(downloads).lstrip("\ufeff"))))
    assert found[0] == ["training examples", "800", "1,600", "2,400"]
    assert [line[1:] for line in found[1:]] == [line[1:] for line in shown]


def downloaded(folder) -> str:
    """The text of the one file that is downloaded, which is then removed."""
    for _ in range(100):
        whole = [path for path in folder.glob("*.csv")]
        if whole:
            text = whole[0].read_text(encoding="utf-8")
            whole[0].unlink()
            return text
        time.sleep(0.1)
    raise AssertionError("nothing was downloaded")


def test_what_a_spreadsheet_would_run_is_quoted(browser):
    unsafe = ["=1+1", "@x", "+cmd|' /C'", "-2+3+cmd"]
    made = browser.execute_script("return arguments[0].map(safeInSheets)", unsafe)
    assert made == [f"'{text}" for text in unsafe]
    safe = ["-0.051", "+0.024 ±0.003 (3 seeds)", "0.9 ±<0.001", "tfidf_sgd"]
    assert browser.execute_script("return arguments[0].map(safeInSheets)", safe) == safe


def test_the_metric_switch_shows_one_metric(browser):
    def shown() -> set[str]:
        return set(
            browser.execute_script(
                "return [...document.querySelectorAll('[data-metric]')].filter(p => p.offsetParent)"
                ".map(p => p.dataset.metric)"
            )
        )

    assert shown() == {"test_accuracy"}
    click(browser, "[data-choose=test_loss]")
    assert shown() == {"test_loss"}
    pressed = browser.find_elements(By.CSS_SELECTOR, "[data-choose][aria-pressed=true]")
    assert [button.text for button in pressed] == ["Loss", "Loss"]


def test_the_theme_switches_and_is_remembered(browser, page):
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = browser.execute_script(colour)
    click(browser, "#theme")
    dark = browser.execute_script(colour)
    assert light != dark
    browser.get(page.as_uri())
    assert browser.execute_script(colour) == dark
    click(browser, "#theme")
    assert browser.execute_script(colour) == light


@pytest.mark.parametrize("dark", [False, True])
def test_figures_can_be_read_in_both_themes(chromium, page, dark):
    show(chromium, page, dark=dark)
    ink, paper = chromium.execute_script("""
        const box = document.querySelector("figure .drawing");
        return [getComputedStyle(box.querySelector("text")).fill, getComputedStyle(box).backgroundColor];
    """)
    assert contrast(ink, paper) > 7


def contrast(one: str, other: str) -> float:
    """Of two `rgb(...)` colours (WCAG 2)."""

    def luminance(text: str) -> float:
        parts = [int(part) / 255 for part in text.removeprefix("rgb(").removesuffix(")").split(", ")]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_cell_opens_its_seeds_mistakes_and_command(browser):
    click(browser, ".table[data-metric=test_accuracy] td.partial button")
    text = browser.find_element(By.ID, "details").text
    assert "gemma3_1b qlora: 2 labels, 2,400 training examples" in text
    assert "not run" in text
    assert "sure: predicted “label" in text
    assert f"python -m bench seed=0 '{NASTY}'" in text
    assert browser.execute_script("return document.querySelectorAll('#details img, #details script').length") == 0
    click(browser, "#close")
    assert not browser.execute_script("return document.getElementById('details').open")


def test_a_failure_opens_its_reason(browser):
    click(browser, "#not-ok td.failed button")
    text = browser.find_element(By.ID, "details").text
    assert "RuntimeError: CUDA out of memory" in text
    assert "out of memory" in text


def test_it_prints(chromium, page):
    show(chromium, page, dark=True)
    pdf = chromium.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]
    assert len(pdf) > 100_000
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    seen = "return getComputedStyle(document.querySelector(arguments[0])).display"
    assert chromium.execute_script(seen, ".tools") == "none"
    assert chromium.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert chromium.get_log("browser") == []
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


CARD = "document.getElementById('card')"


def chosen(browser) -> tuple[str, str]:
    return tuple(browser.execute_script(f"return [{CARD}.querySelector('h2').innerText, location.hash]"))


def pick(browser, name: str, value: str) -> None:
    browser.execute_script(
        "[...document.querySelectorAll('.control')].find(c => c.getAttribute('aria-label') === arguments[0])"
        ".querySelector(`button[data-value='${arguments[1]}']`).click()",
        name,
        value,
    )


def test_the_first_screen_is_an_answer_and_little_is_there_before_anything_is_opened(chromium, page):
    show(chromium, page, dark=False, closed=True)
    chart = "document.querySelector('#scaling .plot')"
    assert chromium.execute_script(f"return {chart}.getBoundingClientRect().top") < 900, "a picture on the first screen"
    assert chromium.execute_script("return document.querySelectorAll('*').length") < 3000
    assert chromium.execute_script("return document.querySelectorAll('.fold[open]').length") == 0
    facts = chromium.execute_script(f"return [...{CARD}.querySelectorAll('.facts dd')].map(d => d.innerText)")
    assert facts[0].endswith(" %")
    assert chosen(chromium)[0].startswith(("Use ", "Stay with ", "Not decided"))


def test_a_choice_is_kept_in_the_address_and_read_from_it(chromium, page):
    show(chromium, page, dark=False, closed=True)
    words = chromium.execute_script(f"return {CARD}.innerText")
    pick(chromium, "Texts", "go_emotions")
    pick(chromium, "Labels", "2")
    pick(chromium, "Labelled examples I have", "800")
    headline, address = chosen(chromium)
    assert "L=2&N=800" in address
    assert chromium.execute_script(f"return {CARD}.innerText") != words
    assert chromium.execute_script("return document.activeElement.dataset.value") == "800"
    chromium.get("about:blank")
    chromium.get(f"{page.as_uri()}{address}")
    assert chosen(chromium) == (headline, address)
    chromium.get("about:blank")
    chromium.get(f"{page.as_uri()}#D=nothing&L=99&N=abc&C=price:1&M=x")  # what is not there gives way to what is
    assert chromium.execute_script(f"return {CARD}.innerText") == words


def test_the_metric_changes_the_answer_where_it_has_one(chromium, page):
    show(chromium, page, dark=False, closed=True)
    label = f"return {CARD}.querySelector('.facts dt').innerText"
    assert "right" in chromium.execute_script(label)
    click(chromium, "[data-choose=test_macro_f1]")
    assert "macro F1" in chromium.execute_script(label)
    assert "M=macro_f1" in chosen(chromium)[1]
    click(chromium, "[data-choose=test_loss]")
    assert "right" in chromium.execute_script(label)


def test_a_link_opens_the_section_that_it_leads_into(chromium, page):
    show(chromium, page, dark=False, closed=True)
    assert chromium.execute_script("return document.querySelectorAll('#cost-go-emotions table').length") == 0
    chromium.get("about:blank")
    chromium.get(f"{page.as_uri()}#cost-go-emotions--cost-go-emotions")
    found = "const e = document.getElementById('cost-go-emotions--cost-go-emotions'); return e && e.innerText"
    deadline = time.monotonic() + 10
    while (text := chromium.execute_script(found)) is None:
        assert time.monotonic() < deadline, "the link leads nowhere"
    assert "Cost" in text
    assert chromium.execute_script("return document.querySelectorAll('.fold[open]').length") == 1


def test_the_answer_is_there_without_scripts(page):
    html = page.read_text("utf-8")
    card = html.partition('<div id="card"')[2].partition("</section>")[0]
    assert re.search(r"<h2>(Use|Stay with|Not decided|Only)", card)
    assert "<noscript>" in html
