"""How kept models are served, at the widths at which people read: every line says of which model and callers it is."""

from pathlib import Path

import pytest

from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.results.serving import Load, Serving
from tests.browser.conftest import show
from tests.browser.test_filters import heads_in_view
from tests.report import simulate

TABLES = [
    f"[...document.querySelectorAll('h3')].find(h => h.textContent.startsWith('{title}')).parentElement"
    for title in ("Serving a kept model", "What a served model takes")
]
LINES = (
    f"return [...{TABLES[0]}.querySelectorAll('tbody tr')]"
    ".map(line => [...line.cells].filter(c => c.getClientRects().length).map(c => c.innerText.trim()))"
)
CPU, GPU = "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz", "NVIDIA H100 80GB HBM3"


def served(key: str, measured: str, *, refit: bool = False, gpu: bool = False) -> Serving:
    """What was measured of the model of a cell with this key."""
    loads = [(1, 19.7, 1024.2, 50.4), (8, 110.2, 1118.4, 749.1), (64, 1038.3, 11169.0, 1175.2)]
    return Serving(
        measured=measured,
        cells=(key,),
        refit=refit,
        device="cuda" if gpu else "cpu",
        device_name=GPU if gpu else CPU,
        cores=2,
        platform="Linux",
        packages={"torch": "2.13.0"},
        options={},
        texts=None,
        ready_seconds=3.2,
        memory_bytes=1_210_000_000,
        gpu_memory_bytes=2_400_000_000 if gpu else None,
        model_bytes=91_000_000,
        base_bytes=None,
        loads=tuple(
            Load(callers=callers, requests=100, seconds=6, p50_ms=p50, p99_ms=p99, texts_per_second=texts)
            for callers, p50, p99, texts in loads
        ),
    )


def page_of(root: Path, *, gpu: bool) -> Path:
    """A report of models of cells and of all rows, some of them on a GPU."""
    rows = [("qwen2_5_1_5b", "qlora"), ("tfidf_sgd", None)]
    cells = simulate.grid(root / "results", rows, num_labels=(2, 16), train_sizes=(800, 2400))
    simulate.run(cells, max_length=64)
    wanted = [cell for cell in cells if cell.seed == 0 and cell.train_size == 2400]
    found = [served(cell.key, f"2026-01-0{place}T00:00:00+00:00") for place, cell in enumerate(wanted, 1)]
    found.append(served(wanted[0].key, "2026-02-01T00:00:00+00:00", refit=True, gpu=gpu))
    return write_report(cells, root / "report", ReportOptions("served", serving=tuple(found)))


@pytest.fixture(scope="module", params=[False, True], ids=["one machine", "two machines"])
def serving_page(request, tmp_path_factory) -> Path:
    return page_of(tmp_path_factory.mktemp("serving"), gpu=request.param)


def cut(driver, place: int) -> int:
    """Pixels of a table that must be scrolled for."""
    return driver.execute_script(
        f"const box = {TABLES[place]}.querySelector('.scroll'); return box.scrollWidth - box.clientWidth"
    )


@pytest.mark.parametrize("place", [0, 1])
def test_a_screen_shows_all_of_it(chromium, serving_page, place):
    show(chromium, serving_page, dark=False)
    assert cut(chromium, place) == 0


def test_a_phone_tells_lines_apart(chromium, serving_page):
    chromium.get("about:blank")
    show(chromium, serving_page, dark=False, width=390)
    lines = [tuple(line[:-1]) for line in chromium.execute_script(LINES)]
    assert [text for text, _ in heads_in_view(chromium, TABLES[0])][-2:] == ["callers", "p50 (ms)"]
    assert len(set(lines)) == len(lines) == 15
    assert cut(chromium, 0) == 0
    assert cut(chromium, 1) == 0
