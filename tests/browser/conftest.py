"""A headless Chromium, and the page of a simulated main experiment with holes, failures and nasty texts in it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from bench.report import sections
from bench.report.compare.__main__ import main as compare
from bench.report.inputs.records import ExpectedCell
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.sections import verdict
from bench.results.record import Status
from tests.browser.charts import cells_with_costs
from tests.report import simulate
from tests.report.studies import HUB, go_emotions_grid

OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900")
NASTY = '<script>document.title = "hacked"</script></script><img src="https://example.org/x.png" onerror="alert(1)">'


@pytest.fixture(scope="session")
def page(tmp_path_factory) -> Path:
    """`go_emotions_grid` with two label counts, and a data set and a model with nasty names."""
    root = tmp_path_factory.mktemp("page")
    cells = go_emotions_grid(root / "results", num_labels=(2, 16), seeds=(0, 1))
    odd = simulate.grid(
        root / "results",
        [(f'm"{NASTY}', "lora"), ("tfidf_sgd", None)],
        data="=odd|</script>",
        num_labels=(3,),
        published_as=HUB,
    )
    simulate.run(odd, labels=[f"a{NASTY}", "b'\"&", "=cmd|' /C calc'!A0"], max_length=64)
    cells = [replace(cell, command=f"python -m bench seed={cell.seed} '{NASTY}'") for cell in [*cells, *odd]]
    return write_report(cells, root / "report", ReportOptions(f"go_emotions_grid {NASTY}", "go_emotions_grid"))


@pytest.fixture(scope="session")
def charts_page(tmp_path_factory) -> Path:
    """A page without sections, which charts need not."""
    root = tmp_path_factory.mktemp("charts")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sections, "SECTIONS", {"The answer": verdict.section})
        options = ReportOptions("charts", "go_emotions_grid", price_per_gpu_hour=1.2)
        return write_report(cells_with_costs(root / "results"), root / "report", options)


@pytest.fixture(scope="session")
def compare_page(tmp_path_factory) -> Path:
    """What changed in a grid with nasty names, holes and failures."""
    root = tmp_path_factory.mktemp("compare")
    rows = [("minilm", "lora"), (f'm"{NASTY}', "lora"), ("tfidf_sgd", None)]
    simulate.run(simulate.grid(root / "before", rows, data=f"=odd|{NASTY}"))

    def status(cell: ExpectedCell) -> Status | None:
        failed = Status.OOM if cell.train_size == 512 else Status.OK
        return None if cell.method is None and cell.num_labels == 5 else failed

    newer = simulate.provenance(device_name="Another CPU")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulate, "provenance", lambda: newer)
        patched.setattr(simulate, "accuracy", lambda cell: 0.2 if cell.method is None else 0.9)
        simulate.run(simulate.grid(root / "after", rows, data=f"=odd|{NASTY}"), status)
    assert compare([f"A={root / 'before'}", f"B={root / 'after'}", f"page={root / 'page'}"]) == 0
    return root / "page" / "index.html"


def program(name: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is not there; on Debian: apt-get install chromium chromium-driver poppler-utils"
    return path


@pytest.fixture(scope="session")
def downloads(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def chromium(downloads):
    options = webdriver.ChromeOptions()
    for option in OPTIONS:
        options.add_argument(option)
    options.binary_location = program("chromium")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(program("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium, page):
    """The page, freshly loaded, in the system's light theme."""
    show(chromium, page, dark=False)
    yield chromium
    chromium.execute_script("localStorage.clear()")


@pytest.fixture
def charts(chromium, charts_page):
    # the address keeps the choice, and the same one would not load again
    chromium.get("about:blank")
    show(chromium, charts_page, dark=False)
    yield chromium
    assert chromium.get_log("browser") == []
    chromium.execute_script("localStorage.clear()")


def show(driver, page: Path, *, dark: bool, width: int = 1280, closed: bool = False) -> None:
    """Load the page at a width, with a system in one theme, and open all its sections, unless they stay `closed`."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    for log in ("browser", "performance"):
        driver.get_log(log)  # takes what is there away
    driver.get(page.as_uri())
    ready = "return document.documentElement.dataset.ready === 'true'"
    WebDriverWait(driver, 20).until(lambda _: driver.execute_script(ready))
    if not closed:
        driver.execute_async_script("openAll().then(arguments[arguments.length - 1])")


def requests(driver) -> list[str]:
    """Addresses that the browser asked for since the last look."""
    messages = (json.loads(entry["message"])["message"] for entry in driver.get_log("performance"))
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
