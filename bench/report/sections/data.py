"""The section on the data: how much of it the tasks use, what was left out, and whether test texts were trained on."""

from bench.kind import SINGLE_LABEL
from bench.report.content.parts import Section, Titled
from bench.report.content.table import table
from bench.report.content.wording import capitalised
from bench.report.content.words import listed
from bench.report.tables.examples import examples_table
from bench.report.view import View
from bench.results.counts import cleaned_text
from bench.results.measurements import Examples
from bench.wording import counted

HEADERS = (
    "labels", "of labels", "rows of these", "of rows", "texts with several labels", "their rows left out",
    "repeated texts left out", "test texts in training",
)  # fmt: skip

OF_CONFLICTS = ("texts with several labels", "their rows left out")
"""Where a text may have several, that is no conflict."""


def section(view: View) -> Section | None:
    """Counts of rows, labels and texts by label count, and example texts; None where records have neither."""
    found: dict[int, list[Examples]] = {}
    for point, measured in view.measured.items():
        known = [one.examples for one in measured.values() if one.examples.rows_read is not None]
        if known:
            found.setdefault(point.num_labels, []).extend(known)
    examples = examples_table(view)
    shown = [] if examples is None else [examples]
    if not found:
        return Section("Data", tables=shown, finding="A test text of each label.") if shown else None
    lines = [_line(found[num_labels]) for num_labels in sorted(found)]
    notes = dict.fromkeys(note for some in found.values() for one in some for note in one.notes or ())
    same = "Texts are compared without case, blanks and Unicode form. Counts that differ between cells are the largest."
    overlap = any(one.test_texts_in_training for some in found.values() for one in some)
    warning = ["Some test texts are in training, too: accuracy on them is no accuracy on new texts."] if overlap else []
    said = dict.fromkeys(cleaned_text(one.cleaned) for some in found.values() for one in some if one.cleaned)
    cleaned = [f"{text[:1].upper()}{text[1:]}." for text in said if text]
    paragraphs = [*cleaned, same, *warning, *(f"{note[:1].upper()}{note[1:]}." for note in notes)]
    columns = [place for place, name in enumerate(HEADERS) if view.kind == SINGLE_LABEL or name not in OF_CONFLICTS]
    lines = [[line[place] for place in columns] for line in lines]
    header = [HEADERS[place] for place in columns]
    drawn = Titled("What the examples were drawn from", table(header, lines), name="data")
    return Section(
        "Data", paragraphs, tables=[*shown, drawn], finding=_left_out([one for some in found.values() for one in some])
    )


def _left_out(examples: list[Examples]) -> str:
    """What was not used, and whether test texts were trained on: the largest counts of a cell, of what was counted."""
    gone = {
        "repeated": _most(examples, "duplicates_dropped"),
        "with several labels": _most(examples, "conflicts_dropped"),
    }
    said = [f"{count:,} {why}" for why, count in gone.items() if count]
    parts = (
        [f"Texts left out: {listed(said)}"] if said else ["No text was left out"] if None not in gone.values() else []
    )
    seen = _most(examples, "test_texts_in_training")
    if seen:
        parts.append(f"{counted(seen, 'test text')} {'is' if seen == 1 else 'are'} in training, too")
    elif seen == 0:
        parts.append("no test text is in training")
    return f"{capitalised('; '.join(parts))}." if parts else "What the examples were drawn from."


def _most(examples: list[Examples], name: str) -> int | None:
    """The largest count of a cell; None where none was made."""
    return max((value for one in examples if (value := getattr(one, name)) is not None), default=None)


def _line(examples: list[Examples]) -> list[str]:
    def most(name: str) -> str:
        value = _most(examples, name)
        return "–" if value is None else f"{value:,}"

    return [
        str(len(examples[0].labels)),
        most("labels_available"),
        most("rows_of_labels"),
        most("rows_read"),
        most("conflicting_texts"),
        most("conflicts_dropped"),
        most("duplicates_dropped"),
        most("test_texts_in_training"),
    ]
