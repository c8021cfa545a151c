"""The page on paper: one page of summary, then the sections with every column of their tables."""

import base64
import re
import subprocess
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.conftest import program, show

A4, LETTER = (8.27, 11.69), (8.5, 11.0)
"""Inches."""


def printed(driver, folder: Path, paper: tuple[float, float]) -> list[str]:
    """The text of each sheet."""
    WebDriverWait(driver, 20).until(lambda _: driver.execute_script("return document.documentElement.dataset.unpacked"))
    size = {"paperWidth": paper[0], "paperHeight": paper[1], "preferCSSPageSize": False, "printBackground": True}
    found = driver.execute_cdp_cmd("Page.printToPDF", size)
    (folder / "page.pdf").write_bytes(base64.b64decode(found["data"]))
    command = [program("pdftotext"), str(folder / "page.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\f")[:-1]


def words(text: str) -> set[str]:
    return set(text.split())


@pytest.mark.parametrize("paper", [A4, LETTER], ids=["A4", "letter"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_first_sheet_is_the_summary(chromium, charts_page, tmp_path, paper, dark):
    chromium.get("about:blank")
    show(chromium, charts_page, dark=dark, closed=True)
    headline, *captions = chromium.execute_script(
        "return ['#card h2', '#scaling figcaption', '#pareto figcaption'].map(s => document.querySelector(s).innerText)"
    )
    first, second, *others = printed(chromium, tmp_path, paper)
    assert "effect size" in " ".join(others), "all comparisons are there, which are closed on the page"
    assert not chromium.execute_script("return document.querySelectorAll('details[open].inner').length")
    assert headline in first
    assert not [words(caption) - words(first) for caption in captions if words(caption) - words(first)]
    assert re.search(r"\d+ labels, [\d,]+ training examples", first), "what was chosen, in place of the controls"
    for control in ("A training may cost", "Labelled examples I have", "Contents", "Open all sections", "Dark theme"):
        assert control not in first
    assert second.lstrip("▸▾ \n").startswith("The answer"), "sections begin on the second, open"
    assert "How we compare" in second


def test_what_was_chosen_is_what_is_printed(chromium, charts_page, tmp_path):
    chromium.get("about:blank")
    chromium.get(f"{charts_page.as_uri()}#L=2&N=800")
    first = printed(chromium, tmp_path, A4)[0]
    assert "2 labels, 800 training examples" in " ".join(first.split())


@pytest.mark.parametrize("paper", [A4, LETTER], ids=["A4", "letter"])
def test_no_column_is_cut(browser, tmp_path, paper):
    heads = browser.execute_script("return [...document.querySelectorAll('thead th')].map(h => h.textContent)")
    sheets = printed(browser, tmp_path, paper)
    found = words(" ".join(sheets))
    assert len(heads) > 100
    missing = [head for head in heads if not words(head) <= found]
    assert not missing
