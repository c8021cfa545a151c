"""No page contradicts itself: what words, stars, dots and tables say of two rows at one point is the same."""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.report import page
from bench.report.asked import Asked, Rules
from bench.report.inputs.records import ExpectedCell
from bench.report.options import ReportOptions
from bench.report.sections import heatmaps, ranks, verdict
from bench.report.view import View
from tests.report import simulate, simulate_sets
from tests.report.said import (
    BETTER,
    NEITHER,
    WORSE,
    Said,
    contradictions,
    from_answers,
    from_dots,
    from_ranks,
    from_stars,
    from_tables,
    from_words,
)
from tests.report.studies import STUDIES

SIGNED_ZERO = re.compile(r"[-−+]0\.0+(?!\d)")


def noisy(cell: ExpectedCell) -> float:
    """A learning curve with seeds that spread by 3.5 points."""
    row = sum(map(ord, cell.row)) % 7
    start = 1 / cell.num_labels
    skill = 0.45 + 0.04 * row + 0.05 * np.log2(1 + cell.train_size / 100)
    seed = np.random.default_rng([cell.seed, row, cell.train_size, cell.num_labels]).normal(0, 0.035)
    return float(np.clip(start + (1 - start) * min(skill, 0.93) + seed, 0, 1))


def with_holes(cells: Sequence[ExpectedCell]) -> list[ExpectedCell]:
    """Every seventh cell's record is lost."""
    for cell in cells[3::7]:
        shutil.rmtree(cell.folder, ignore_errors=True)
    return list(cells)


def one_seed(cells: Sequence[ExpectedCell]) -> list[ExpectedCell]:
    """The first seed of each row alone."""
    first = {cell.row: min(other.seed for other in cells if other.row == cell.row) for cell in cells}
    return [cell for cell in cells if cell.seed == first[cell.row]]


def with_display_names(cells: Sequence[ExpectedCell]) -> list[ExpectedCell]:
    """Rows and data under other names than those of the grid, with commas in them as real ones have."""
    return [
        replace(cell, names=(f"{cell.model.replace('_', ' ').upper()}, {cell.method or 'words'}", "Some texts"))
        for cell in cells
    ]


VARIANTS: dict[str, Callable[[Sequence[ExpectedCell]], list[ExpectedCell]]] = {
    "noisy seeds": list,
    "one seed": one_seed,
    "holes": with_holes,
    "display names": with_display_names,
    "raced": list,
}


def views_of(cells: Sequence[ExpectedCell], folder, monkeypatch, *, raced: bool = False) -> list[View]:
    """What a report's sections are made of."""
    rules = Rules(seeds=tuple(sorted({cell.seed for cell in cells})))
    views: list[View] = []
    monkeypatch.setattr(page, "make_sections", lambda view: views.append(view) or [])
    page.write_report(cells, folder, ReportOptions("T", race=Asked(rules) if raced else None))
    return views


def marks(view: View, monkeypatch) -> dict[str, dict]:
    """The stars and dots that the heatmaps of the metric that decides are drawn with."""
    drawn: dict[str, dict] = {}

    def heatmap(cells, metric, found):
        if metric == view.deciding.column:
            drawn["stars"] = found

    def differences(cells, metric, base, found):
        if metric == view.deciding.column:
            drawn["dots"] = found

    monkeypatch.setattr(heatmaps, "heatmap", heatmap)
    monkeypatch.setattr(heatmaps, "differences", differences)
    monkeypatch.setattr(View, "draw", lambda *_: None)
    heatmaps.section(view)
    return drawn


def moods(root: Path) -> list[ExpectedCell]:
    """Texts with any number of labels."""
    rows = [("minilm", "lora"), ("minilm", "linear_probe"), ("tfidf_sgd", None), ("majority", None)]
    axes = {"num_labels": (4, 6), "train_sizes": (64, 256), "seeds": (0, 1, 2), "data": "moods"}
    cells = simulate.grid(root, rows, **axes)
    simulate_sets.run(cells)
    return cells


@pytest.fixture(scope="module", params=[*STUDIES, "moods"])
def study(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulate, "accuracy", noisy)
        return {**STUDIES, "moods": moods}[request.param](root / "results"), root


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_pair_has_two_verdicts_at_a_point(study, variant, tmp_path, monkeypatch):
    cells, _ = study
    for view in views_of(VARIANTS[variant](cells), tmp_path / "report", monkeypatch, raced=variant == "raced"):
        section = verdict.section(view)
        if section is None:
            continue
        drawn, base = marks(view, monkeypatch), view.verdicts.baseline
        said = [
            *from_stars(view, drawn["stars"]),
            *(from_dots(view, drawn["dots"], base) if base is not None else []),
            *from_tables(view, section),
            *from_words(view, section),
            *from_answers(view),
            *from_ranks(view, ranks.section(view)),
            *from_races(view),
        ]
        sources = {source.split()[0] for *_, source in said}
        assert sources >= {"star", "best", "words", "card", *({"dot", "differences"} if base is not None else ())}
        assert contradictions(iter(said)) == []
        texts = [
            *(text for _, points in section.lists for text in points),
            *map(str, (t.table for t in section.tables)),
        ]
        assert not [text for text in texts if SIGNED_ZERO.search(text)]


def from_races(view: View) -> Iterator[Said]:
    """What became of rows in a race, by their states alone."""
    for one in view.races:
        front, place = one.race.reference, one.place[1:]
        if one.unequal or front is None or place not in view.verdicts.races:
            continue
        yield from ((front, row, *place, {BETTER}, "race") for row in one.race.rows("behind"))
        told = {row: fate.held for row, fate in one.race.fates.items() if fate.held is not None}
        for row in one.race.rows("tied", "within"):
            if row in told and not told[row].is_decided:
                yield front, row, *place, {NEITHER}, "race"


def test_a_contradiction_is_found():
    said: list[Said] = [("a", "b", 2, 32, {BETTER}, "star"), ("b", "a", 2, 32, {NEITHER, BETTER}, "words")]
    assert len(contradictions(iter(said))) == 1
    assert not contradictions(iter([("a", "b", 2, 32, {BETTER}, "star"), ("b", "a", 2, 32, {WORSE}, "words")]))
