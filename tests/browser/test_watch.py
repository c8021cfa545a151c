"""The page as `bench watch` serves it: the strip keeps up, and a new page leaves the reader where they were."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.report import sections
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.sections import verdict
from bench.results.store import write_atomically
from bench.watch.server import Server
from bench.watch.study import study_of
from bench.watch.watcher import Watcher
from tests.browser.charts import cells_with_costs
from tests.browser.test_accessible import AXE, RUN
from tests.support.cli import composed
from tests.sweep import simulated
from tests.watch.conftest import ByHand, served


@pytest.fixture(scope="module")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watched")


@pytest.fixture(scope="module")
def words(study_folder: Path) -> list[str]:
    options, conf, _, experiment = simulated.small(study_folder)
    return [f"{options}={conf}", experiment, *(f"{name}_dir={study_folder / name}" for name in ("results", "reports"))]


@pytest.fixture(scope="module")
def server(study_folder: Path, words: list[str]) -> Iterator[Server]:
    """Of a study without a report yet, and without a record."""
    with Watcher(study_of(words), 0.0, ByHand(), look=0.1) as watcher, served(watcher) as server:
        yield server


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with one section."""
    root = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sections, "SECTIONS", {"The answer": verdict.section})
        options = ReportOptions("drawn", "go_emotions_grid", price_per_gpu_hour=1.2)
        return write_report(cells_with_costs(root / "results"), root / "report", options).read_text()


def draw(server: Server, page: str, title: str) -> None:
    """Put a page of that title in place of the one that is there."""
    server.watcher.folder.mkdir(parents=True, exist_ok=True)
    write_atomically(server.watcher.page, page.replace("<title>drawn</title>", f"<title>{title}</title>").encode())


def until(driver: Any, script: str, *words: Any) -> Any:
    end = time.monotonic() + 20
    while not (found := driver.execute_script(script, *words)):
        assert time.monotonic() < end, script
        driver.execute_script("document.dispatchEvent(new Event('visibilitychange'))")  # it looks at once
        time.sleep(0.1)
    return found


def strip(driver: Any) -> str:
    return str(driver.execute_script("return document.getElementById('watch').innerText"))


def show(driver: Any, address: str, width: int = 1280) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.get("about:blank")
    driver.get_log("browser")
    driver.get(address)


def faults(driver: Any) -> Sequence[str]:
    driver.execute_script(AXE.read_text("utf-8"))
    return list(driver.execute_async_script(RUN))


def test_from_no_report_to_a_new_one(
    chromium: Any, server: Server, page: str, study_folder: Path, words: list[str]
) -> None:
    show(chromium, server.url)
    until(chromium, "return document.querySelector('.watch-counts').textContent.startsWith('0 of 8 cells done')")
    assert "drawn for the first time" in chromium.page_source
    assert faults(chromium) == []
    draw(server, page, "first")
    until(chromium, "return document.documentElement.dataset.ready === 'true'")  # it has shown it by itself
    assert chromium.title == "first"
    simulated.finish_whole(composed("-m", *words)[:3], study_folder / "results")
    until(chromium, "return document.querySelector('.watch-counts').textContent.startsWith('3 of 8 cells done')")
    assert "5 left" in strip(chromium)
    assert "Left: about" in strip(chromium)

    # a reader chooses, opens a section, and scrolls
    button = "[...document.querySelectorAll('.control button')].find(b => b.getAttribute('aria-pressed') === 'false')"
    chromium.execute_script(f"{button}.click()")
    address = chromium.current_url
    assert "#L=" in address
    chromium.execute_async_script("openFold(document.querySelector('details.fold')).then(arguments[0])")
    chromium.execute_script("document.querySelector('.chip[aria-pressed]').click()")
    low = "document.documentElement.scrollHeight - innerHeight - 60"  # lower than the page is long while it is closed
    chromium.execute_script(f"scrollTo({{top: {low}, behavior: 'instant'}})")
    opened = "return [...document.querySelectorAll('details.fold[open]')].map(d => d.id)"
    chosen = "[...document.querySelectorAll('.control [aria-pressed=true], .chip[aria-pressed=true]')]"
    pressed = f"return {chosen}.map(b => b.dataset.value || b.textContent)"
    place = "return Math.round(document.querySelector('header').getBoundingClientRect().top)"
    before = [chromium.execute_script(script) for script in (opened, pressed, place)]
    assert before[2] < -350
    assert len(chromium.execute_script("return document.querySelectorAll('.chip[aria-pressed=true]')")) == 1
    tops = "return ['watch', 'filters'].map(id => document.getElementById(id).getBoundingClientRect())"
    watch, filters = chromium.execute_script(tops)
    assert watch["top"] == 0
    assert filters["top"] >= watch["bottom"] - 1, "the page's own bar sticks below the strip"
    draw(server, page, "second")
    until(chromium, "return document.title === 'second' && document.getElementById('watch').dataset.restored")
    assert chromium.current_url == address
    *same, moved = [chromium.execute_script(script) for script in (opened, pressed, place)]
    assert same == before[:-1]
    assert moved == pytest.approx(before[-1], abs=2), "where the reader was, to rounding"

    # an address that names a section keeps the choice, too
    link = chromium.execute_script("return document.querySelector('nav a').hash")
    chromium.execute_script("document.querySelector('nav a').click()")
    draw(server, page, "third")
    until(chromium, "return document.title === 'third' && document.getElementById('watch').dataset.restored")
    assert chromium.current_url == server.url + link
    assert chromium.execute_script(pressed) == before[1]
    assert faults(chromium) == []
    assert chromium.get_log("browser") == []


def test_a_reader_in_the_midst_of_something_is_asked(chromium: Any, server: Server, page: str) -> None:
    draw(server, page, "before")
    show(chromium, server.url, width=390)
    assert chromium.execute_script("return document.documentElement.scrollWidth") <= 390
    chromium.execute_script("document.getElementById('details').showModal()")
    draw(server, page, "after")
    until(chromium, "return !document.querySelector('.watch-new').hidden")
    assert chromium.title == "before"
    chromium.execute_script("document.getElementById('details').close()")
    until(chromium, "return document.title === 'after'")
    chromium.execute_script("document.querySelector('.watch-auto input').click()")
    draw(server, page, "last")
    until(chromium, "return !document.querySelector('.watch-new').hidden")
    for _ in range(10):
        time.sleep(0.05)
        assert chromium.title == "after"
    chromium.execute_script("document.querySelector('.watch-new').click()")
    until(chromium, "return document.title === 'last'")
    assert not chromium.execute_script("return document.querySelector('.watch-auto input').checked"), "it is remembered"
    assert chromium.get_log("browser") == []
    chromium.execute_script("localStorage.clear()")


def test_the_page_may_ask_its_own_server_alone(chromium: Any, server: Server, page: str) -> None:
    draw(server, page, "policy")
    show(chromium, server.url)
    ask = "fetch(arguments[0]).then(() => arguments[1]('answered'), () => arguments[1]('refused'))"
    assert chromium.execute_async_script(ask, f"{server.url}status.json") == "answered"
    other = f"http://localhost:{server.server_port}/status.json"
    assert chromium.execute_async_script(ask, other) == "refused"
    inline = "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);"
    chromium.execute_script(inline)
    assert chromium.execute_script("return window.ran") is None
    assert len([line for line in chromium.get_log("browser") if "Content Security Policy" in line["message"]]) >= 2


def test_what_runs_where_and_a_server_that_ended(
    chromium: Any, study_folder: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {
        "cells": 60, "done": 1, "running": 41, "failed": 2, "left": 15, "error": "<b>the disk is full</b>",
        "states": {"done": 1, "running": 41, "oom": 1, "crashed": 1, "pruned": 1, "missing": 15},
        "page": None, "drawing": True,
        "where": [{"key": "k", "cell": f"<img src=x> {n}", "where": "on gpu7, cuda:1"} for n in range(40)],
        "time_left": "about 3 min with 41 workers at work", "seconds_left": 180.0,
    }  # fmt: skip

    def gone() -> bytes:
        raise ConnectionResetError

    with Watcher(study_of(words), 0.0, ByHand(), look=0.1) as watcher:
        monkeypatch.setattr(watcher, "status", lambda: json.dumps(told).encode())
        with served(watcher) as server:
            show(chromium, server.url)
            until(chromium, "return document.querySelectorAll('.watch-where li').length === 41")
            assert "1 of 60 cells done, 41 running, 2 failed (1 oom, 1 crashed), 1 pruned, 15 left" in strip(chromium)
            assert "Left: about 3 min with 41 workers at work; the report is being drawn" in strip(chromium)
            assert "<b>the disk is full</b>" in strip(chromium)
            assert chromium.execute_script("return document.querySelectorAll('img').length") == 0
            chromium.execute_script("document.querySelector('.watch-where').open = true")
            assert "<img src=x> 0: on gpu7, cuda:1" in strip(chromium)
            assert "and 1 more" in strip(chromium)
            monkeypatch.setattr(watcher, "status", gone)
            until(chromium, "return document.querySelector('.watch-said').textContent.includes('does not answer')")
