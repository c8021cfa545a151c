"""Two sets of records of the same grid, before and after a change of libraries, say: what changed beyond noise?

    bench compare A=results/before B=results/after

Printed are the single cells. Cells are the same where their keys are. Each is compared on the test examples that both
answered: the exact McNemar test (Dietterich 1998, "Approximate statistical tests for comparing supervised
classification learning algorithms"), corrected for all cells by Holm's method, and the 95 % interval of the paired
difference (Bonett and Price 2012, as in the report). A record counts in its cell's own folder only: copies elsewhere
below are named and left out. Where predictions are missing or damaged, nothing is tested, and the records' accuracies
are compared as they are. `out=FILE` writes all of it as CSV.

A page says it by point, over seeds: reports/A-to-B/index.html, named after the folders; `page=FOLDER` puts it
elsewhere, and `page=false` draws none. There, cells are the same where data set, row, labels, size and seed are, and
what differs in options, versions and devices is listed. `metric=macro_f1` compares points by that metric.
The exit code is 0 whatever is found, and 2 for bad input.
"""

import sys
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from bench.arguments import given_path
from bench.errors import UserError, said
from bench.escape.sheet import frame_csv
from bench.escape.streams import print_help
from bench.escape.terminal import say
from bench.metrics.deciding import AUTO, deciding_name
from bench.report.compare.cells import Change, compare_sets
from bench.report.compare.points import Comparison, compare_points
from bench.report.compare.text import text, unreadable
from bench.report.content.other_files import other_files
from bench.report.inputs.prediction_store import PredictionStore
from bench.report.inputs.record_sets import read_set
from bench.results.store import write_atomically

REPORTS = "reports"
"""Where pages are put."""
NO_PAGE = "false"
OPTIONS = ("A", "B", "out", "page", "metric")


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if {"-h", "--help"} & set(words):
        print_help(__doc__ or "")
        return 0
    try:
        given, metric = _given(words)
        paths = {name: given_path(name, value) for name, value in given.items() if name != "metric"}
        ours, theirs = read_set(paths["A"], "A"), read_set(paths["B"], "B")
        library = PredictionStore()
        changes, only_a, only_b = compare_sets(ours, theirs, library)
        if "out" in paths:
            frame = pd.DataFrame([asdict(change) for change in changes], columns=[f.name for f in fields(Change)])
            _write(paths["out"], frame_csv(frame))
        others = other_files((ours.kept[key][1] for key in only_a), (theirs.kept[key][1] for key in only_b))
        left_out = unreadable(ours, theirs)
        say("\n".join([text(changes, only_a, only_b), *left_out, *others]))
        if given.get("page") != NO_PAGE:
            found = compare_points(ours, theirs, metric, library)
            say(_page(found, paths, left_out))
    except (UserError, OSError) as error:
        say(f"error: {said(error)}", error=True)
        return 2
    return 0


def _given(words: list[str]) -> tuple[dict[str, str], str]:
    """The options by name, and the metric that is asked for. Raises UserError."""
    given = dict(word.split("=", 1) for word in words if "=" in word)
    if len(given) != len(words) or not set(given) <= set(OPTIONS) or not (given.get("A") and given.get("B")):
        raise UserError(
            "two folders of records are needed: A=results/x B=results/y, and out=FILE, page=FOLDER and metric=NAME if "
            "you like"
        )
    try:
        return given, deciding_name(given.get("metric", AUTO))
    except ValueError as error:
        raise UserError(f"metric={given['metric']}: {error}") from error


def _write(target: Path, content: bytes) -> None:
    """Raises UserError where the file can't be written."""
    try:
        write_atomically(target, content)
    except OSError as error:
        raise UserError(f"out={target}: {error.strerror or error}") from error


def _page(found: Comparison, paths: dict[str, Path], left_out: list[str]) -> str:
    """Write the page; what it found and where it is, in two lines. Raises UserError where it can't be written."""
    from bench.report.compare.page import Sets, write_page  # figures take a second to import
    from bench.report.compare.words import finding_of_points, headline

    sets = Sets(paths["A"], paths["B"], tuple(left_out))
    folder = paths.get("page", Path(REPORTS, sets.folder_name))
    try:
        page = write_page(found, sets, folder)
    except OSError as error:
        raise UserError(f"page={folder}: no page can be written: {said(error)}") from error
    return f"by point: {headline(found)}. {finding_of_points(found)}\npage: {page}"


if __name__ == "__main__":
    sys.exit(main())
