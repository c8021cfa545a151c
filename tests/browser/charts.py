"""The page that the charts' tests look at, and what they ask it."""

import json
from pathlib import Path

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from bench.results import store
from bench.results.measurements import Memory
from bench.results.record import Status
from tests.report import simulate, studies

MODELS = ("llama3_2_1b", "qwen2_5_1_5b", "gpt2_xl", "gemma3_1b", "bert_base")
SLOWNESS = {"llama3_2_1b": 60, "qwen2_5_1_5b": 90, "gpt2_xl": 100, "gemma3_1b": 75, "bert_base": 12, "minilm": 2}
"""Seconds of 800 examples."""
CHARTS = ("scaling", "pareto")


def cells_with_costs(root: Path) -> list:
    """A grid on a GPU, its baseline without; one size has failed in the middle of a row, one seed is missing."""
    axes = {"data": "go_emotions", "published_as": studies.HUB}
    rows = [*((model, "qlora") for model in MODELS), ("minilm", "linear_probe"), ("tfidf_sgd", None)]
    trained = simulate.grid(root, rows, num_labels=(2, 16), train_sizes=(800, 1600, 2400), seeds=(0, 1), **axes)
    flat = [(model, "zero_shot") for model in MODELS[:3]]
    untrained = simulate.grid(root, flat, num_labels=(2, 16), train_sizes=(0,), seeds=(0,), **axes)

    def status(cell):
        if (cell.model, cell.num_labels, cell.train_size) == ("bert_base", 16, 1600):
            return Status.OOM
        return None if (cell.model, cell.train_size, cell.seed) == ("gemma3_1b", 2400, 1) else Status.OK

    simulate.run([*trained, *untrained], status, num_test=992, max_length=64)
    for cell in [*trained, *untrained]:
        if status(cell) is Status.OK and cell.model in SLOWNESS:
            on_gpu(cell, SLOWNESS[cell.model] * cell.train_size / 800)
    return [*trained, *untrained]


def on_gpu(cell, train: float) -> None:
    measured = store.read(cell.folder).measurements
    seconds = measured.seconds.model_copy(update={"train": train, "total": train + 5})
    memory = Memory(peak_device=SLOWNESS[cell.model] * 10**8, peak_process=10**9, frozen_weights=None)
    record = simulate.changed(cell, seconds=seconds, memory=memory, energy_joules=train * 150 + 300)
    there = simulate.provenance(device="cuda", device_name="Simulated GPU")
    (cell.folder / store.RECORD).write_text(record.model_copy(update={"provenance": there}).to_json())


def points_at(page: Path, labels: int, size: int) -> list[dict]:
    """The points that the Pareto chart is of."""
    points = json.loads(page.with_name("report.json").read_text())["data_sets"][0]["points"]
    return [point for point in points if point["labels"] == labels and point["size"] in (0, size)]


def seen(browser, chart: str) -> dict:
    """Classes and states of what is drawn."""
    return browser.execute_script(
        """
        const svg = document.querySelector(`#${arguments[0]} .plot svg`);
        const of = (node) => [node.dataset.row, node.getAttribute("class")];
        return {
          series: [...svg.querySelectorAll("g.series")].map(of),
          name: svg.getAttribute("aria-label"), gaps: svg.querySelectorAll(".gap").length,
          hollow: svg.querySelectorAll(".hollow").length, front: svg.querySelectorAll(".front").length,
          beyond: svg.querySelectorAll(".beyond").length, out: svg.querySelectorAll(".out").length,
          published: svg.querySelectorAll(".published").length,
          ticks: [...svg.querySelectorAll("text.tick")].map((t) => t.textContent),
        };
        """,
        chart,
    )


def press(browser, chart: str, *keys: str) -> None:
    plot = browser.find_element(By.CSS_SELECTOR, f"#{chart} .plot")
    browser.execute_script("arguments[0].focus()", plot)
    ActionChains(browser).send_keys(*keys).perform()


def tip(browser, chart: str) -> str:
    box = browser.find_element(By.CSS_SELECTOR, f"#{chart} .tip")
    return box.text if box.is_displayed() else ""


def choose_axis(browser, axis: str) -> None:
    browser.execute_script(
        "const s = document.querySelector('#pareto select');"
        "s.value = arguments[0];"
        "s.dispatchEvent(new Event('change'))",
        axis,
    )
