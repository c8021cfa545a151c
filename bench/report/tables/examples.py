"""An example of each label, for readers who do not know the data."""

from collections.abc import Iterable

from bench.escape.characters import shortened, visible_line
from bench.report.content.parts import Titled
from bench.report.content.table import table
from bench.report.inputs.mistakes import read_texts
from bench.report.inputs.parquet_tables import UnreadableTable
from bench.report.inputs.prediction_store import UnreadablePredictions
from bench.report.inputs.records import ExpectedCell
from bench.report.statistics.correctness import TestPredictions
from bench.report.view import View
from bench.results.record import Record

MAX_CHARACTERS = 200
"""Of a text."""
MAX_LABELS = 60


def examples_table(view: View) -> Titled | None:
    """A test text of each label, of the task with the most labels; None where no texts were kept, or can be read."""
    for cell, record in _of_most_labels(view):
        try:
            answers, texts = view.library.of(cell.folder, record), read_texts(cell.folder, record)
        except (UnreadablePredictions, UnreadableTable):  # the page says so of all such files in one place
            continue
        if texts:
            lines = [[label, shortened(visible_line(text), MAX_CHARACTERS)] for label, text in _typical(answers, texts)]
            return Titled("A test text of each label", table(["label", "text"], lines), name="example_texts")
    return None


def _of_most_labels(view: View) -> Iterable[tuple[ExpectedCell, Record]]:
    """The records with texts, those of the most labels first; one a task, for its rows share the texts."""
    kept = [(cell, record) for cell, record in view.found.items() if isinstance(record, Record) and record.texts_file]
    by_task = {(cell.num_labels, record.texts_file): (cell, record) for cell, record in reversed(kept)}
    return (by_task[task] for task in sorted(by_task, key=lambda task: -task[0]))


def _typical(answers: TestPredictions, texts: dict[str, str]) -> Iterable[tuple[str, str]]:
    """Of each label the text of middle length, in the order of the labels."""
    test = answers.test_set
    for label, name in enumerate(test.names[:MAX_LABELS]):
        own = [texts[test.ids[place]] for place in test.places(label) if test.ids[place] in texts]
        if own:
            yield name, sorted(own, key=len)[len(own) // 2]
